import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'

/** A request with a body that a test sends piece by piece. */
export interface Upload {
  request: ClientRequest
  /** The answer, read to its end. */
  answer: Promise<{ status: number; body: string }>
}

/** Begins `PUT {url}/v2/images/{id}/file`, or `/stage`, chunked. */
export function beginUpload(
  url: string,
  id: string,
  headers: Record<string, string>,
  to: 'file' | 'stage' = 'file',
): Upload {
  const put = request(`${url}/v2/images/${id}/${to}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked', ...headers },
  })
  const answer = (async () => {
    const [response] = (await once(put, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 0, body: (await response.toArray()).join('') }
  })()
  answer.catch(() => undefined)
  put.on('error', () => undefined)
  return { request: put, answer }
}
