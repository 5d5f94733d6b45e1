/** A value as memcached keeps it: bytes, and a number by which clients say what the bytes are. */
export interface StoredValue {
  data: Buffer
  flags: number
}

/** What a server is asked to do. */
export type Command =
  | { name: 'get' | 'delete'; key: string }
  /** `expires`: seconds from now up to 30 days, seconds since the epoch beyond. */
  | { name: 'set'; key: string; value: StoredValue; expires: number }
  | { name: 'version' }
  | { name: 'authenticate'; username: string; password: string }

/** An answer, read from the beginning of what came. */
export interface Decoded {
  /** Bytes that belong to it. */
  used: number
  /** Of `get` when there is one, of `version` the text. */
  value?: StoredValue
  /** The server's refusal; the connection goes on. */
  refused?: MemcachedRefusal
}

/** One of the two languages of memcached. */
export interface Protocol {
  encode(command: Command): Buffer
  /**
   * @returns undefined when more bytes are needed
   * @throws MemcachedRefusal when this is no answer to the command, so that the connection is of no more use
   */
  decode(command: Command, came: Buffer): Decoded | undefined
}

/** The server would not do it, or what came is not memcached's language. */
export class MemcachedRefusal extends Error {
  readonly code = 'memcached_refused'

  constructor(message: string) {
    super(message)
    this.name = 'MemcachedRefusal'
  }
}
