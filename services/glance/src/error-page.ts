import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Answers errors as HTML to clients that ask for anything, as the original does: python-glanceclient sends
 * `Accept: *\/*` and understands HTML, and fails over the JSON that it has never seen there. Who asks for JSON, or says
 * nothing, gets JSON.
 *
 * @see https://docs.pylonsproject.org/projects/webob/en/stable/api/exceptions.html, WSGIHTTPException.generate_response
 */
export async function errorPage(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (reply.statusCode < 400 || typeof payload !== 'string' || !prefersHtml(request.headers.accept)) {
    return payload
  }
  const type = String(reply.getHeader('content-type') ?? '')
  if (!type.startsWith('application/json')) return payload
  const { code, message } = JSON.parse(payload) as { code: string; message: string }
  const title = escaped(code)
  const page = `<html>
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
  ${escaped(message)}<br /><br />



 </body>
</html>`
  reply.header('content-type', 'text/html; charset=UTF-8').header('content-length', Buffer.byteLength(page))
  return page
}

/** Whether a client that takes both would be given HTML, which is offered first. */
function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const weight = (type: string) => {
    const ranges = accept.split(',').map((part) =>
      part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/),
    )
    // The most exact range that matches counts.
    for (const wanted of [type, type.replace(/\/.*/, '/*'), '*/*']) {
      const found = ranges.find(([name]) => name === wanted)
      if (!found) continue
      const quality = found.find((parameter) => parameter.startsWith('q='))
      return quality === undefined ? 1 : Number(quality.slice(2))
    }
    return 0
  }
  const html = weight('text/html')
  return html > 0 && html >= weight('application/json')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#x27;')
}
