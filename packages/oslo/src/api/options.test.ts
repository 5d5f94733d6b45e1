import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '@longhaul/oslo-config'
import { logOptions } from '../log/options.ts'
import { listenOptions, proxyOptions, sharedListenOptions } from './options.ts'

test('a service listens on loopback and its own port by default', () => {
  const { host, port, reuse_port: reusePort } = Config.parse('').register('listen', sharedListenOptions(5000))
  assert.deepEqual([host, port, reusePort], ['127.0.0.1', 5000, false])
})

test('the names that the original has for it are read too', () => {
  const conf = Config.parse('[DEFAULT]\nbind_host = ::1\nbind_port = 7\n')
  const { host, port } = conf.register(
    'listen',
    listenOptions(9292, { host: 'bind_host', port: 'bind_port' }),
  )
  assert.deepEqual([host, port], ['::1', 7])
})

test('proxies are believed when told, under the older name too', () => {
  const read = (text: string) =>
    Config.parse(text).register('DEFAULT', proxyOptions).enable_proxy_headers_parsing
  assert.equal(read(''), false)
  assert.equal(read('[oslo_middleware]\nenable_proxy_headers_parsing = true\n'), true)
})

test('an unknown log level is refused', () => {
  assert.throws(() => Config.parse('[DEFAULT]\nlog_level = loud\n').register('DEFAULT', logOptions), {
    code: 'config_invalid',
  })
})
