import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port on loopback that the kernel says is free; somebody else may take it meanwhile. */
export async function freePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
