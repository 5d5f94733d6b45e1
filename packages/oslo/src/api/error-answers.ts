import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../log/index.ts'
import { ApiError, badRequest, internalError, notFound, requestTooLarge } from '../api-error.ts'
import type { ErrorFormat } from './error-formats.ts'
import type { RouteTable } from './route-table.ts'

/** What the answers to failed requests need to know of their service. */
export interface ErrorAnswers {
  format: ErrorFormat
  logger: Logger
  wrongContentType: () => ApiError
  mapError: (error: unknown) => ApiError | undefined
}

/** fastify's own errors that a client can cause; others of status 4xx become a plain 400. */
const frameworkErrors: Record<string, (answers: ErrorAnswers) => ApiError> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (answers) => answers.wrongContentType(),
  FST_ERR_CTP_BODY_TOO_LARGE: () => requestTooLarge('Request is too large.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    badRequest('The body is shorter or longer than its Content-Length.'),
  FST_ERR_BAD_URL: () => badRequest('The request URL is malformed.', { code: 'malformed_url' }),
  FST_ERR_MAX_PARAM_LENGTH: () => notFound('The resource could not be found.'),
}

/** Answers a request that failed. Errors that are no answer themselves become a 500 and a line in the log. */
export function answerError(
  answers: ErrorAnswers,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const answer = error instanceof ApiError ? error : (ofFramework(answers, error) ?? answers.mapError(error))
  const known =
    answer ?? internalError('An unexpected error prevented the server from fulfilling your request.')
  if (known.status >= 500) {
    answers.logger.error({ err: error, request_id: request.id, code: known.code }, 'request failed')
  } else if (known.detail !== undefined) {
    answers.logger.info({ request_id: request.id, code: known.code, detail: known.detail }, 'request refused')
  }
  send(answers, known, reply)
}

/** 404, or 405 with `Allow` if the path exists for other methods. */
export function answerNotFound(
  answers: ErrorAnswers,
  routes: RouteTable,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const path = request.url.split('?', 1)[0] ?? ''
  const methods = routes.methodsFor(path)
  if (methods.length === 0) {
    send(answers, notFound('The resource could not be found.', { code: 'route_not_found' }), reply)
    return
  }
  const headers = { allow: methods.join(', ') }
  const message = 'The method is not allowed for the requested URL.'
  send(answers, new ApiError({ status: 405, message, headers }), reply)
}

/** Answers bytes that are no HTTP request, and closes. */
export function answerUnreadable(answers: ErrorAnswers, error: { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const { status, message } = tooLarge
    ? { status: 431, message: 'The headers of the request are too large.' }
    : { status: 400, message: 'The request is not valid HTTP.' }
  const answer = new ApiError({ status, message, code: 'malformed_request' })
  const body = JSON.stringify(answers.format(answer))
  socket.end(
    `HTTP/1.1 ${status} ${answer.title}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function ofFramework(answers: ErrorAnswers, error: unknown): ApiError | undefined {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_')) return undefined
  const known = frameworkErrors[code]
  if (known) return known(answers)
  if (typeof statusCode !== 'number' || statusCode >= 500) return undefined
  return badRequest('The request is malformed.', { cause: error })
}

function send({ format }: ErrorAnswers, error: ApiError, reply: FastifyReply): void {
  if (error.headers) reply.headers(error.headers)
  reply
    .code(error.status)
    .header('content-type', 'application/json')
    .send(JSON.stringify(format(error)))
}
