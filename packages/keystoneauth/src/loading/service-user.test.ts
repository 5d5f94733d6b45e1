import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '@longhaul/oslo-config'
import { stage } from '../fixtures/stage.ts'
import { contextAuth, loadServiceUser, MissingRequiredOptions, serviceUserAuth } from '../index.ts'

const credentials = (url: string) =>
  `auth_type = password\nauth_url = ${url}\nuser_id = u\npassword = pw\nproject_id = p\n`
const user = contextAuth({ token: 'user-token' })

test('Without a section, or with it off, the user goes alone', async (t) => {
  const { keystone, session } = await stage(t)
  for (const text of ['', `[service_user]\n${credentials(keystone.url)}`]) {
    const section = loadServiceUser(Config.parse(text))
    assert.deepEqual(section, { sendServiceUserToken: false })
    assert.equal(serviceUserAuth(section, user), user)
  }
  assert.equal((await user.getHeaders(session))?.['X-Service-Token'], undefined)
})

test('With it on, every request of the process shares one login', async (t) => {
  const { keystone, session, service } = await stage(t)
  const target = await service(() => 200)
  const conf = Config.parse(`[service_user]\nsend_service_user_token = true\n${credentials(keystone.url)}`)
  for (const token of ['one', 'two', 'three']) {
    const auth = serviceUserAuth(loadServiceUser(conf), contextAuth({ token }))
    await session.get(target.url, { auth })
  }
  assert.deepEqual(
    target.seen.map(({ headers }) => headers['x-auth-token']),
    ['one', 'two', 'three'],
  )
  assert.ok(target.seen.every(({ headers }) => headers['x-service-token']))
  assert.equal(keystone.logins, 1)
})

test('On without auth_type: told once, and the user goes alone', () => {
  const conf = Config.parse('[service_user]\nsend_service_user_token = true\n')
  const warnings: string[] = []
  const load = () => loadServiceUser(conf, 'service_user', { warn: (message) => void warnings.push(message) })
  assert.equal(serviceUserAuth(load(), user), user)
  assert.equal(serviceUserAuth(load(), user), user)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0]!, /\[service_user\].*auth_type/)
})

test('On with half of the credentials is an error each time, and no plugin is kept', () => {
  const conf = Config.parse('[service_user]\nsend_service_user_token = true\nauth_type = password\n')
  assert.throws(() => loadServiceUser(conf), MissingRequiredOptions)
  assert.throws(() => loadServiceUser(conf), MissingRequiredOptions)
})

test('All that is wrong of the section is told at once', () => {
  const section = '[service_user]\nsend_service_user_token = perhaps\ntimeout = soon\n'
  assert.throws(
    () => loadServiceUser(Config.parse(`${section}auth_type = password\n`, 'nova.conf')),
    (error) => {
      assert.ok(error instanceof MissingRequiredOptions)
      assert.deepEqual(error.missing, ['auth_url', 'password', 'username or user_id'])
      assert.deepEqual(
        error.wrong.map((sentence) => /^nova\.conf:(\d): \[service_user\] (\w+): ./.exec(sentence)?.slice(1)),
        [
          ['2', 'send_service_user_token'],
          ['3', 'timeout'],
        ],
      )
      return true
    },
  )
  for (const more of ['', credentials('http://k')])
    assert.throws(() => loadServiceUser(Config.parse(section + more)), {
      code: 'config_invalid',
      message: /send_service_user_token: .*\n.*timeout: /,
    })
  assert.throws(() => loadServiceUser(Config.parse(`${section}auth_type = magic`)), {
    code: 'no_matching_plugin',
    message: /send_service_user_token: .*timeout: /,
  })
})

test('The session options of the section are for its login, whatever the session of the request', async (t) => {
  const { keystone, session } = await stage(t, { session: { timeout: 60 } })
  keystone.loginFailure = { kind: 'hang' }
  const conf = Config.parse(
    `[service_user]\nsend_service_user_token = true\ntimeout = 0.01\n${credentials(keystone.url)}`,
  )
  const auth = serviceUserAuth(loadServiceUser(conf), user)
  await assert.rejects(auth.getHeaders(session), { code: 'connect_timeout' })
})
