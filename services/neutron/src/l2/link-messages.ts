import { z } from 'zod'
import { maxFrameBytes } from './frame.ts'

/** Number of what agents say to each other; grows with each change that an agent of before does not understand. */
export const linkProtocol = 1

/** Bytes of a network's id. */
const networkBytes = 16
/** Bytes of a message's length, which does not count itself. */
const lengthBytes = 4
const maxHelloBytes = 1024

/** What each side of a link says first: who it is. */
export interface Hello {
  protocol: number
  host: string
}

const hello = z.object({ protocol: z.int(), host: z.string().min(1).max(255) })

/** The other side does not speak our language. */
export class LinkProtocolError extends Error {
  override name = 'LinkProtocolError'
  readonly code = 'link_protocol_error'
}

/** A message that says nothing but that its sender lives. */
export const heartbeat: Buffer = Buffer.alloc(lengthBytes)

export function helloMessage(said: Hello): Buffer {
  const text = Buffer.from(JSON.stringify(said))
  return Buffer.concat([lengthOf(text.length), text])
}

/** @param network id of 16 bytes */
export function frameMessage(frame: Buffer, network: Buffer): Buffer {
  return Buffer.concat([lengthOf(networkBytes + frame.length), network, frame])
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.allocUnsafe(lengthBytes)
  length.writeUInt32BE(bytes)
  return length
}

/** @throws LinkProtocolError */
export function parseHello(message: Buffer): Hello {
  try {
    return hello.parse(JSON.parse(message.toString()))
  } catch (cause) {
    throw new LinkProtocolError('the first message is no hello', { cause })
  }
}

/** @throws LinkProtocolError */
export function parseFrame(message: Buffer): { network: Buffer; frame: Buffer } {
  if (message.length <= networkBytes) throw new LinkProtocolError('a message has no frame')
  return { network: message.subarray(0, networkBytes), frame: message.subarray(networkBytes) }
}

/** Cuts a stream of bytes into messages: a length of four bytes, and as many bytes. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)
  #maxBytes = maxHelloBytes

  /** From the hello on messages may be as long as frames. */
  expectFrames(): void {
    this.#maxBytes = networkBytes + maxFrameBytes
  }

  add(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
  }

  /** @returns undefined until there is another whole one @throws LinkProtocolError for one that is too long */
  next(): Buffer | undefined {
    if (this.#rest.length < lengthBytes) return undefined
    const end = lengthBytes + this.#rest.readUInt32BE(0)
    if (end > lengthBytes + this.#maxBytes) throw new LinkProtocolError('a message is too long')
    if (this.#rest.length < end) return undefined
    const message = this.#rest.subarray(lengthBytes, end)
    this.#rest = this.#rest.subarray(end)
    return message
  }
}
