import { MemcachedRefusal, type Command, type Protocol } from './protocol.ts'

const headerBytes = 24
const request = 0x80
const response = 0x81
// `get` is the one of the kinds of getting that is answered with the key.
const opcodes = { get: 0x0c, set: 0x01, delete: 0x04, version: 0x0b, authenticate: 0x21 } as const
const notFound = 0x0001

/**
 * memcached's binary language, the only one with a login by SASL.
 *
 * @see https://docs.memcached.org/protocols/binary/
 */
export const binaryProtocol: Protocol = {
  encode(command) {
    const { key, extras, value } = partsOf(command)
    const header = Buffer.alloc(headerBytes)
    header.writeUInt8(request, 0)
    header.writeUInt8(opcodes[command.name], 1)
    header.writeUInt16BE(key.length, 2)
    header.writeUInt8(extras.length, 4)
    header.writeUInt32BE(extras.length + key.length + value.length, 8)
    return Buffer.concat([header, extras, key, value])
  },
  decode(command, came) {
    if (came.length < headerBytes) return undefined
    if (came[0] !== response || came[1] !== opcodes[command.name]) {
      throw new MemcachedRefusal(`no answer to ${command.name}`)
    }
    const [keyLength, extrasLength, status] = [came.readUInt16BE(2), came.readUInt8(4), came.readUInt16BE(6)]
    const used = headerBytes + came.readUInt32BE(8)
    if (came.length < used) return undefined
    if (status === notFound) return { used }
    const from = headerBytes + extrasLength + keyLength
    // The text of a refusal, or the value; of a login the server's text is of no interest.
    const data = Buffer.from(came.subarray(Math.min(from, used), used))
    if (status !== 0)
      return { used, refused: new MemcachedRefusal(`status ${status}: ${data.toString('latin1')}`) }
    if (command.name !== 'get' && command.name !== 'version') return { used }
    const key = came.toString('utf8', headerBytes + extrasLength, from)
    // What is kept of another token is another's identity.
    if (command.name === 'get' && key !== command.key) {
      throw new MemcachedRefusal('an answer about another key')
    }
    return { used, value: { data, flags: extrasLength >= 4 ? came.readUInt32BE(headerBytes) : 0 } }
  },
}

const nothing = Buffer.alloc(0)

function partsOf(command: Command): { key: Buffer; extras: Buffer; value: Buffer } {
  if (command.name === 'version') return { key: nothing, extras: nothing, value: nothing }
  if (command.name === 'authenticate') {
    const credentials = `\0${command.username}\0${command.password}`
    return { key: Buffer.from('PLAIN'), extras: nothing, value: Buffer.from(credentials) }
  }
  const key = Buffer.from(command.key)
  if (command.name !== 'set') return { key, extras: nothing, value: nothing }
  const extras = Buffer.alloc(8)
  extras.writeUInt32BE(command.value.flags, 0)
  extras.writeUInt32BE(command.expires, 4)
  return { key, extras, value: command.value.data }
}
