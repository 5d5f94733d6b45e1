import { Readable } from 'node:stream'
import { Agent, buildConnector, errors, request, type Dispatcher } from 'undici'
import { openBody, type BodySource } from './body.ts'
import {
  BodyFailure,
  ClientException,
  ConnectFailure,
  ConnectTimeout,
  InvalidResponse,
  OptionError,
  SSLError,
} from './errors.ts'
import { flatHeaders, requestIdOf, withoutSecrets, type Response } from './response.ts'

/** How a session reaches servers. */
export interface TransportOptions {
  /** PEM text of the authorities to trust instead of the system's. */
  ca?: string
  cert?: string
  key?: string
  /** Accept any certificate. */
  insecure?: boolean
  /** Seconds to connect; default: for ever. */
  timeout?: number
}

/** One physical sending. */
export interface Sending {
  method: string
  url: string
  headers: Record<string, string>
  body: BodySource | undefined
  /** Seconds without a byte, before and within the answer; undefined: for ever. */
  timeout: number | undefined
  signal: AbortSignal | undefined
  /** Leave the body of a 2xx answer to the caller instead of reading it. */
  stream: boolean
}

export function createDispatcher(options: TransportOptions): Dispatcher {
  const connect = buildConnector({
    // HTTP/1.1 as the originals speak it: a refusal then ends the upload it refuses.
    allowH2: false,
    timeout: (options.timeout ?? 0) * 1000,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.cert === undefined ? {} : { cert: options.cert, key: options.key }),
    ...(options.insecure ? { rejectUnauthorized: false } : {}),
  })
  return new Agent({
    allowH2: false,
    connect: (target, callback) =>
      connect(target, (...outcome) => {
        const [, socket] = outcome
        socket?.prependListener('error', (error: Error) => {
          if (socket.bytesRead > 0) onKeptConnections.add(error)
        })
        callback(...outcome)
      }),
  })
}

/** Errors of connections that had given an answer before. */
const onKeptConnections = new WeakSet<Error>()

function wasKept(error: Error): boolean {
  const read = error instanceof errors.SocketError ? (error.socket?.bytesRead ?? 0) : 0
  return read > 0 || onKeptConnections.has(error)
}

/**
 * Sends once. Redirects are not followed here.
 *
 * @throws ConnectFailure, ConnectTimeout, SSLError; BodyFailure when the body could not be read; OptionError for what
 *   cannot be sent at all; the signal's reason
 */
export async function send(dispatcher: Dispatcher, sending: Sending): Promise<Response> {
  const milliseconds = (sending.timeout ?? 0) * 1000
  const body = openBody(sending.body)
  const length = body.length === undefined ? {} : { 'Content-Length': String(body.length) }
  let answered = false
  try {
    const answer = await request(sending.url, {
      dispatcher,
      method: sending.method,
      headers: { ...sending.headers, ...length },
      body: body.content,
      headersTimeout: milliseconds,
      bodyTimeout: milliseconds,
      ...(sending.signal ? { signal: sending.signal } : {}),
    })
    answered = true
    const { statusCode: status } = answer
    const leave = sending.stream && status >= 200 && status < 300
    const content = leave ? answer.body : new Uint8Array(await answer.body.arrayBuffer())
    return responseOf(sending, status, flatHeaders(answer.headers), content)
  } catch (error) {
    // undici closes what it took; what it refused to send it leaves open.
    body.close()
    throw translate(error, sending, { bodyFailure: body.failure(), answered })
  }
}

function responseOf(
  { method, url }: Sending,
  status: number,
  headers: Record<string, string>,
  content: Uint8Array | Readable,
): Response {
  let whole = content instanceof Readable ? undefined : Promise.resolve(content)
  const bytes = () => (whole ??= readWhole(content as Readable))
  const text = async () => new TextDecoder().decode(await bytes())
  return {
    status,
    headers,
    url,
    requestId: requestIdOf(headers),
    body: content instanceof Readable ? content : Readable.from([content], { objectMode: false }),
    bytes,
    text,
    async json<T>() {
      const read = await text()
      try {
        return JSON.parse(read) as T
      } catch {
        // The parser's own message quotes the answer, which may be a secret.
        throw new InvalidResponse(`${method} ${withoutSecrets(url)}: the answer is not JSON`)
      }
    },
  }
}

async function readWhole(stream: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA$|HOSTNAME_MISMATCH$)/

function translate(
  error: unknown,
  sending: Sending,
  { bodyFailure, answered }: { bodyFailure: Error | undefined; answered: boolean },
): unknown {
  if (sending.signal?.aborted || !(error instanceof Error) || error instanceof ClientException) return error
  const place = `${sending.method} ${withoutSecrets(sending.url)}`
  const code = codeOf(error)
  if (bodyFailure || error instanceof errors.RequestContentLengthMismatchError) {
    const reason = bodyFailure ? codeOf(bodyFailure) || bodyFailure.name : 'another length than announced'
    return new BodyFailure(`${place}: the body could not be read (${reason})`, {
      cause: bodyFailure ?? error,
    })
  }
  if (error instanceof errors.InvalidArgumentError) return new OptionError(`${place}: ${error.message}`)
  if (error instanceof errors.ClientClosedError || error instanceof errors.ClientDestroyedError) {
    return new ClientException('session_closed', `${place}: the session is closed`)
  }
  if (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    code === 'ETIMEDOUT'
  ) {
    return new ConnectTimeout(`${place}: no answer in time`, { cause: error })
  }
  if (tlsCode.test(code))
    return new SSLError(`${place}: the certificate was not accepted (${code})`, { cause: error })
  // Such an error holds the bytes of the answer.
  if (error instanceof errors.HTTPParserError) return new ConnectFailure(`${place}: the answer is not HTTP`)
  const reason = code === '' || code.startsWith('UND_') ? error.message : code
  const keptConnection = !answered && wasKept(error)
  return new ConnectFailure(`${place}: ${reason}`, { cause: error, keptConnection })
}

function codeOf(error: Error): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code } = inner as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
