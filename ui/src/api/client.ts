// One call to the server: address, answer, fault.

/** What the server refused, or that it could not be asked at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  /** The server does not know this route. */
  get absent(): boolean {
    return this.status === 404 || this.status === 501;
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

export interface Call {
  query?: Query | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** Longest time until an answer begins. */
const ANSWER_MS_MAX = 30_000;

let strangerSeen: () => void = () => {};

/** Says what happens when the server does not know who we are. */
export function onStranger(act: () => void): void {
  strangerSeen = act;
}

export function address(path: string, query: Query = {}): string {
  const url = new URL(path, document.baseURI);
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
  }
  return url.href;
}

/** Encodes one segment of a path. */
export const segment = encodeURIComponent;

export async function call<T>(method: string, path: string, { query, body, signal }: Call = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const timeout = AbortSignal.timeout(ANSWER_MS_MAX);
  let answer: Response;
  try {
    answer = await fetch(address(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, 'the server does not answer');
  }
  if (!answer.ok) throw await fault(answer);
  if (answer.status === 204) return undefined as T;
  try {
    return (await answer.json()) as T;
  } catch {
    throw new ApiError(answer.status, 'the answer of the server is not JSON');
  }
}

/** Reads what the server refused. */
export async function fault(answer: Response): Promise<ApiError> {
  if (answer.status === 401) strangerSeen();
  let message = `${answer.status} ${answer.statusText}`.trim();
  try {
    const text = await answer.text();
    const parsed = JSON.parse(text) as { message?: string; error?: { message?: string } };
    message = parsed.message ?? parsed.error?.message ?? message;
  } catch {
    // Not JSON: the status must do.
  }
  return new ApiError(answer.status, message);
}

/** Routes that this server turned out not to have. */
const absent = new Set<string>();

/** Asks our own route; the other way when this server does not have it. */
export async function either<T>(route: string, own: () => Promise<T>, other: () => Promise<T>): Promise<T> {
  if (absent.has(route)) return other();
  try {
    return await own();
  } catch (cause) {
    if (!(cause instanceof ApiError) || !cause.absent) throw cause;
    absent.add(route);
    return other();
  }
}
