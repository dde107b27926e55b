// What a handler returns to answer with headers of its own.

/** A body that is sent as JSON, and headers. They are written together, which costs less than `setHeader` for each of them. */
export class Answer<Body extends object> {
  constructor(
    readonly body: Body,
    /** Names and values. */
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}
