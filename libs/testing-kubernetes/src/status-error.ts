export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}
/** What an error is about: `details.kind` is the plural resource for most errors. */
export interface Subject {
  readonly group: string;
  readonly resource: string;
  readonly kind?: string;
  readonly name?: string;
}

/** An error as the API answers it (k8s.io/apimachinery/pkg/api/errors). */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }

  static badRequest(message: string): StatusError {
    return new StatusError(400, 'BadRequest', message);
  }

  static notFound(subject: Subject): StatusError {
    return new StatusError(404, 'NotFound', `${qualified(subject)} "${subject.name ?? ''}" not found`, named(subject));
  }

  /** The answer for a path that leads nowhere. */
  static noSuchPath(): StatusError {
    return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  }

  static methodNotAllowed(): StatusError {
    const message = 'the server does not allow this method on the requested resource';
    return new StatusError(405, 'MethodNotAllowed', message, {});
  }

  static alreadyExists(subject: Subject): StatusError {
    const message = `${qualified(subject)} "${subject.name ?? ''}" already exists`;
    return new StatusError(409, 'AlreadyExists', message, named(subject));
  }

  static conflict(subject: Subject, why = modified): StatusError {
    const message = `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name ?? ''}": ${why}`;
    return new StatusError(409, 'Conflict', message, named(subject));
  }

  static forbidden(subject: Subject, why: string): StatusError {
    const name = subject.name ? ` "${subject.name}"` : '';
    return new StatusError(403, 'Forbidden', `${qualified(subject)}${name} is forbidden: ${why}`, named(subject));
  }

  static unauthorized(): StatusError {
    return new StatusError(401, 'Unauthorized', 'Unauthorized');
  }

  /** @param causes their messages echo the offending values, as the real server's do */
  static invalid(subject: Subject, causes: readonly StatusCause[]): StatusError {
    const kind = subject.kind ?? subject.resource;
    const wording = causes.map((cause) => `${cause.field}: ${cause.message}`);
    const all = wording.length === 1 ? wording[0] : `[${wording.join(', ')}]`;
    const name = subject.name ?? '';
    const typed = subject.group ? `${kind}.${subject.group}` : kind;
    return new StatusError(422, 'Invalid', `${typed} "${name}" is invalid: ${all}`, {
      name,
      ...(subject.group ? { group: subject.group } : {}),
      kind,
      causes,
    });
  }

  static unsupportedMediaType(accepted: readonly string[]): StatusError {
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
    return new StatusError(415, 'UnsupportedMediaType', message);
  }

  static notAcceptable(accepted: readonly string[]): StatusError {
    const message = `only the following media types are accepted: ${accepted.join(', ')}`;
    return new StatusError(406, 'NotAcceptable', message);
  }

  static tooLarge(limit: number): StatusError {
    const message = `Request entity too large: limit is ${limit}`;
    return new StatusError(413, 'RequestEntityTooLarge', message);
  }

  static expired(message: string): StatusError {
    return new StatusError(410, 'Expired', message);
  }
}

const modified = 'the object has been modified; please apply your changes to the latest version and try again';

function qualified(subject: Subject): string {
  return subject.group ? `${subject.resource}.${subject.group}` : subject.resource;
}

function named(subject: Subject): StatusDetails {
  return {
    ...(subject.name ? { name: subject.name } : {}),
    ...(subject.group ? { group: subject.group } : {}),
    kind: subject.resource,
  };
}
