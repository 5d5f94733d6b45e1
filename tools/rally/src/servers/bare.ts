// A bare node:http server that answers what LONGHAUL_ANSWER says: what a validation costs at least.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const { headers, body } = JSON.parse(process.env['LONGHAUL_ANSWER'] ?? '{}') as {
  headers: Record<string, string>
  body: string
}
const server = createServer((_request, response) => {
  response.writeHead(200, headers).end(body)
})
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
})
