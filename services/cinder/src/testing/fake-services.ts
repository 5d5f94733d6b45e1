import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** A request that the fakes received. */
interface SeenRequest {
  method: string
  path: string
  userToken: string | undefined
  serviceToken: string | undefined
  version: string | undefined
  body: unknown
}

interface StoredImage {
  fields: Record<string, unknown>
  data: Buffer
}

/** An Image and a Compute service on loopback, in memory. */
export class FakeServices {
  readonly images = new Map<string, StoredImage>()
  /** Attachments as Nova knows them: by `server/volume`. */
  readonly attachments = new Map<string, string>()
  readonly seen: SeenRequest[] = []
  /** Status with which a request is refused; 0 leaves it without an answer, and ends the connection. */
  refuse: (request: SeenRequest) => number | undefined = () => undefined
  /** Told when a download begins; resolves when it may go on. */
  hold: (() => Promise<void>) | undefined
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#receive(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<FakeServices> {
    const services = new FakeServices()
    await once(services.#server.listen(0, '127.0.0.1'), 'listening')
    return services
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}`
  }

  /** Makes an image known. */
  image(id: string, data: Buffer, fields: Record<string, unknown> = {}): void {
    const size = data.length
    const known = { name: 'image', status: 'active', disk_format: 'raw', container_format: 'bare' }
    this.images.set(id, { data, fields: { id, ...known, size, min_disk: 0, min_ram: 0, ...fields } })
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await this.#server[Symbol.asyncDispose]()
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks = (await request.toArray()) as Buffer[]
    const text = Buffer.concat(chunks).toString()
    const header = (name: string) => request.headers[name]?.toString()
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      userToken: header('x-auth-token'),
      serviceToken: header('x-service-token'),
      version: header('openstack-api-version'),
      body: text === '' ? undefined : JSON.parse(text),
    }
    this.seen.push(seen)
    const status = this.refuse(seen)
    if (status === 0) return void response.destroy()
    if (status !== undefined) return reply(response, status, { message: 'refused' })
    if (seen.path.startsWith('/compute')) return this.#compute(seen, response)
    await this.#image(seen, response)
  }

  #compute({ method, path, body }: SeenRequest, response: ServerResponse): void {
    const [, server, volume] =
      /^\/compute\/servers\/([^/]+)\/os-volume_attachments\/([^/]+)$/.exec(path) ?? []
    const known = this.attachments.get(`${server}/${volume}`)
    if (method === 'POST') return reply(response, 200, body)
    if (known === undefined) return reply(response, 404, { itemNotFound: { code: 404, message: 'no' } })
    const answer = { volumeAttachment: { attachment_id: known, serverId: server, volumeId: volume } }
    return reply(response, 200, answer)
  }

  async #image({ path }: SeenRequest, response: ServerResponse): Promise<void> {
    const url = new URL(path, this.url)
    if (url.pathname === '/v2/images') {
      const name = url.searchParams.get('name')
      const images = [...this.images.values()].map(({ fields }) => fields)
      return reply(response, 200, { images: images.filter((image) => image['name'] === name) })
    }
    const [, id = '', file] = /^\/v2\/images\/([^/]+)(\/file)?$/.exec(url.pathname) ?? []
    const image = this.images.get(id)
    if (!image) return reply(response, 404, { message: 'no image' })
    if (file === undefined) return reply(response, 200, image.fields)
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': image.data.length,
    })
    response.write(image.data.subarray(0, 1))
    await this.hold?.()
    response.end(image.data.subarray(1))
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
