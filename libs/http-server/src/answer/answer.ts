// The return value of a handler that sets its own headers.

/** A JSON body with headers. They are written together, which is cheaper than one `setHeader` per header. */
export class Answer<Body extends object> {
  constructor(
    readonly body: Body,
    /** Header names and values. */
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}
