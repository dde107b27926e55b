// The part of Standard Schema v1 (https://standardschema.dev) that a host calls.

/** One problem of a validated value. */
export interface SchemaIssue {
  /** Description of the problem. */
  readonly message: string;
  /** Path to the wrong member. @default the value itself is wrong */
  readonly path?: readonly (PropertyKey | SchemaPathSegment)[] | undefined;
}

/** A path segment in object form. */
export interface SchemaPathSegment {
  /** Name or index of the member. */
  readonly key: PropertyKey;
}

/** Result of a validation: the output, or the problems. */
export type SchemaResult<Output> = SchemaSuccess<Output> | SchemaFailure;

/** Result of a successful validation. */
export interface SchemaSuccess<Output> {
  /** The validated and converted value. */
  readonly value: Output;
  /** Undefined marks success. */
  readonly issues?: undefined;
}

/** Result of a failed validation. */
export interface SchemaFailure {
  /** All problems that were found. */
  readonly issues: readonly SchemaIssue[];
}

/** A Standard Schema v1. Schemas of zod, valibot, arktype and others implement it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The validator, under the name that the specification defines. */
  readonly '~standard': {
    /** Version of the specification. */
    readonly version: 1;
    /** Validates and converts a value. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** Carries the input and output types. Not used at run time. */
    readonly types?:
      | {
          /** Type of the value before validation. */
          readonly input: Input;
          /** Type of the value after validation. */
          readonly output: Output;
        }
      | undefined;
  };
}
