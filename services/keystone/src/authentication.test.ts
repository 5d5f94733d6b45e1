import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testKeystone, type Method } from './testing/keystone.ts'

/** What asks for no token: documents, logins, and a change of password by whoever knows the present one. */
const open = new Set([
  'GET /',
  'HEAD /',
  'GET /healthcheck',
  'HEAD /healthcheck',
  'GET /metrics',
  'HEAD /metrics',
  'GET /v3',
  'HEAD /v3',
  'POST /v3/auth/tokens',
  'POST /v3/users/x/password',
  // There is no such method.
  'PUT /v3/regions/x',
])

describe('every route', () => {
  it('but the open ones is closed to whoever has no token that holds', async () => {
    await using keystone = await testKeystone()
    const routes = routesOf(keystone.app.printRoutes({ commonPrefix: false }))
    assert.ok(routes.length > 150, `${routes.length} routes`)
    for (const route of routes) {
      if (open.has(route)) continue
      const [method, path] = route.split(' ') as [Method, string]
      for (const token of [undefined, 'gAAAAA-nonsense']) {
        const answer = await keystone.call(method, path, { token, body: {} })
        assert.equal(answer.statusCode, 401, route)
        assert.match(String(answer.headers['www-authenticate']), /^Keystone uri="/)
      }
    }
    assert.deepEqual(
      [...open].filter((route) => !routes.includes(route)),
      [],
    )
  })
})

/** `GET /v3/users/x` and so on, from fastify's drawing of its tree. */
function routesOf(drawing: string): string[] {
  const above: string[] = []
  return drawing.split('\n').flatMap((line) => {
    const [, indent, part, methods] = /^(.*?)[├└]── (\S+) \(([A-Z, ]+)\)$/.exec(line) ?? []
    if (indent === undefined) return []
    const depth = indent.length / 4
    above[depth] = part!.replaceAll(/:[^/]+/g, 'x').replace(/^(?!\/)/, depth > 0 ? '' : '/')
    const path = above.slice(0, depth + 1).join('')
    return methods!.split(', ').map((method) => `${method} ${path}`)
  })
}
