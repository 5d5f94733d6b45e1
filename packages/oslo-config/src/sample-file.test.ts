import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config, integerOption, listOption, referencePage, sampleFile, stringOption } from './index.ts'

const tables = {
  token: {
    provider: stringOption({ help: 'Kind of tokens.', default: 'fernet', choices: ['fernet', 'jws'] }),
    expiration: integerOption({
      help: 'Life of a token.',
      unit: 'seconds',
      default: 3600,
      min: 1,
      mutable: true,
      deprecatedNames: [['identity', 'token_expiration'], 'lifetime'],
    }),
  },
  database: {
    connection: stringOption({
      help: 'Where the data are: a text that is so long that it does not fit into one line of the file, whatever its width may be.',
      required: true,
      secret: true,
    }),
    servers: listOption({
      help: 'a | b, <c>, X-*.',
      default: ['one', 'two'],
      deprecatedForRemoval: 'use connection',
    }),
  },
}

const groups = Config.describe((conf) => {
  conf.register('token', tables.token)
  conf.register('database', tables.database)
})

test('The sample holds every option as a comment, with default, limits and older names', () => {
  assert.equal(
    sampleFile(groups),
    `[token]

# Kind of tokens. (string) One of: fernet, jws.
#provider = fernet

# Life of a token. (integer, seconds) At least 1. Older name: [identity] token_expiration, [token]
# lifetime. Read again at SIGHUP.
#expiration = 3600

[database]

# Where the data are: a text that is so long that it does not fit into one line of the file, whatever
# its width may be. (string) Required.
#connection =

# a | b, <c>, X-*. (list) Deprecated: use connection.
#servers = one,two
`,
  )
})

test('The sample with its comments taken away sets exactly the defaults', () => {
  const text = sampleFile(groups).replaceAll(/^#(?! )/gm, '')
  const conf = Config.parse(text)
  assert.deepEqual({ ...conf.register('token', tables.token) }, { provider: 'fernet', expiration: 3600 })
  assert.deepEqual(conf.register('database', tables.database).servers, ['one', 'two'])
})

test('The reference page has a table for each section', () => {
  const page = referencePage('keystone.conf', groups, 'Who reads it.')
  assert.ok(page.startsWith('# keystone.conf\n\nWho reads it.\n\nSections: [`[token]`](#token), '))
  assert.match(
    page,
    /^\| `expiration` \| integer, seconds \| `3600` \| yes \| Life of a token\. At least 1\./m,
  )
  assert.match(
    page,
    /^\| `servers` \| list \| `one,two` \| no \| a \\\| b, &lt;c>, X-\\\*\. Deprecated: use connection\. \|$/m,
  )
})

test('A default that is a secret is not shown', () => {
  const secret = { password: stringOption({ help: 'A password.', default: 'hidden', secret: true }) }
  const described = Config.describe((conf) => conf.register('x', secret))
  assert.ok(!sampleFile(described).includes('hidden'))
  assert.ok(!referencePage('x', described).includes('hidden'))
})
