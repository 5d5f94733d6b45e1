import { MemcachedRefusal, type Decoded, type Protocol } from './protocol.ts'

const end = Buffer.from('\r\n')
const done = { set: 'STORED', delete: 'DELETED', version: 'VERSION' } as const

/**
 * memcached's text language, which proxies understand too. It knows no login.
 *
 * @see https://docs.memcached.org/protocols/basic/
 */
export const textProtocol: Protocol = {
  encode(command) {
    if (command.name === 'set') {
      const { key, value, expires } = command
      const head = `set ${key} ${value.flags} ${expires} ${value.data.length}\r\n`
      return Buffer.concat([Buffer.from(head), value.data, end])
    }
    if (command.name === 'version') return Buffer.from('version\r\n')
    if (command.name === 'authenticate') throw new MemcachedRefusal('the text protocol knows no login')
    return Buffer.from(`${command.name} ${command.key}\r\n`)
  },
  decode(command, came) {
    const at = came.indexOf(end)
    if (at < 0) return undefined
    const line = came.toString('latin1', 0, at)
    const used = at + end.length
    if (/^(CLIENT_|SERVER_)?ERROR\b/.test(line)) return { used, refused: new MemcachedRefusal(line) }
    if (command.name === 'get') return decodeValue(command.key, came, line, used)
    if (line === 'NOT_FOUND' || line === 'NOT_STORED') return { used }
    const expected = done[command.name as keyof typeof done]
    if (!line.startsWith(expected)) throw new MemcachedRefusal(`no answer to ${command.name}`)
    const data = Buffer.from(line.slice(expected.length).trim())
    return command.name === 'version' ? { used, value: { data, flags: 0 } } : { used }
  },
}

// VALUE <key> <flags> <bytes>, the bytes, END.
function decodeValue(asked: string, came: Buffer, line: string, from: number): Decoded | undefined {
  if (line === 'END') return { used: from }
  const [, key, flags, length] = /^VALUE (\S+) (\d+) (\d+)(?: \d+)?$/.exec(line) ?? []
  if (flags === undefined) throw new MemcachedRefusal('no answer to get')
  // What is kept of another token is another's identity.
  if (key !== asked) throw new MemcachedRefusal('an answer about another key')
  const to = from + Number(length)
  const used = to + '\r\nEND\r\n'.length
  if (came.length < used) return undefined
  if (came.toString('latin1', to, used) !== '\r\nEND\r\n')
    throw new MemcachedRefusal('a value without its end')
  return { used, value: { data: Buffer.from(came.subarray(from, to)), flags: Number(flags) } }
}
