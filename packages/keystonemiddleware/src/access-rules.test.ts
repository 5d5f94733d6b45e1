import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { pathMatches } from './access-rule-path.ts'
import { accessRulesRefusal } from './access-rules.ts'
import { catalog } from './fixtures/lab.ts'

// Checked with the original.
const vectors: [pattern: string, path: string, matches: boolean][] = [
  ['/v2.1/servers/*', '/v2.1/servers/abc', true],
  ['/v2.1/servers/*', '/v2.1/servers/abc/action', false],
  ['/v2.1/servers/*', '/v2.1/servers/', false],
  ['/v2.1/servers/{server_id}/ips', '/v2.1/servers/x/ips', true],
  ['/v2.1/servers/{server_id}/ips', '/v2.1/servers/x/y/ips', false],
  ['/v2.1/**', '/v2.1/a/b/c', true],
  ['/v2.1/**', '/v2.1/', true],
  ['/v2.1/**', '/v2.1', false],
  ['**', '/anything/at/all', true],
  ['**', '', true],
  ['/a*b', '/axxb', true],
  ['/a*b', '/ab', false],
  ['/a*b', '/a/b', false],
  ['/v3/users/*/tags', '/v3/users/1/tags', true],
  ['/v3/users/*/tags', '/v3/users//tags', false],
  ['/v3/users/{}', '/v3/users/1', true],
  ['/v3/users/{}', '/v3/users/{}/x', false],
]

describe('paths of access rules', () => {
  for (const [pattern, path, matches] of vectors) {
    it(`${pattern} ${matches ? 'covers' : 'does not cover'} "${path}"`, () => {
      assert.equal(pathMatches(pattern, path), matches)
    })
  }

  it('takes everything but tags and stars for itself (D6)', () => {
    assert.equal(pathMatches('/v2.1/servers/*', '/v2x1/servers/abc'), false)
    assert.equal(pathMatches('/a+(b)|c', '/a+(b)|c'), true)
    assert.equal(pathMatches('/a+', '/aa'), false)
    assert.equal(pathMatches('(', '('), true)
  })

  it('is anchored at both ends', () => {
    assert.equal(pathMatches('/images', '/images/1'), false)
    assert.equal(pathMatches('/images', '/v2/images'), false)
  })

  it('answers a pattern made to be slow', () => {
    assert.equal(pathMatches('**a'.repeat(80), `${'a'.repeat(4000)}b`), false)
  })
})

describe('access rules', () => {
  const get = {
    method: 'GET',
    path: '/v2/images/1',
    serviceType: 'image' as string | undefined,
    serviceConfirmed: false,
  }
  const credential = (access_rules: { service: string; method: string; path: string }[] | null) =>
    tokenData({
      catalog,
      application_credential: { id: 'ac', name: 'ac', restricted: true, access_rules },
    })
  const images = credential([{ service: 'image', method: 'GET', path: '/v2/images/*' }])

  it('do not concern tokens without rules', () => {
    assert.equal(accessRulesRefusal(tokenData(), { ...get, serviceType: undefined }), undefined)
    assert.equal(accessRulesRefusal(credential(null), get), undefined)
  })

  it('let through what method, service and path of one rule cover', () => {
    assert.equal(accessRulesRefusal(images, get), undefined)
    assert.equal(accessRulesRefusal(images, { ...get, path: '/v2/images/1?limit=/x' }), undefined)
    assert.equal(accessRulesRefusal(images, { ...get, method: 'DELETE' }), 'access_rules_no_match')
    assert.equal(accessRulesRefusal(images, { ...get, serviceType: 'compute' }), 'access_rules_no_match')
    assert.equal(accessRulesRefusal(credential([]), get), 'access_rules_no_match')
  })

  it('compare a path in one spelling, whichever the client chose', () => {
    const spelt = [
      ['/a%20b', '/a%20b'],
      ['/image%73', '/images'],
      ['/%c3%a9', '/%C3%A9'],
      ['/%zz', '/%25zz'],
    ]
    for (const [sent, rule] of spelt) {
      const token = credential([{ service: 'image', method: 'GET', path: rule! }])
      assert.equal(accessRulesRefusal(token, { ...get, path: sent! }), undefined, sent)
    }
    const unescaped = credential([{ service: 'image', method: 'GET', path: '/a b' }])
    assert.equal(accessRulesRefusal(unescaped, { ...get, path: '/a%20b' }), 'access_rules_no_match')
  })

  it('cover an escaped slash only as both a slash and a part of its segment (D6)', () => {
    const below = credential([{ service: 'image', method: 'GET', path: '/v2/images/**' }])
    assert.equal(accessRulesRefusal(below, { ...get, path: '/v2/images/a%2Fb' }), undefined)
    for (const path of ['/v2/images/a%2Fb', '/v2/images%2f1'])
      assert.equal(accessRulesRefusal(images, { ...get, path }), 'access_rules_no_match', path)
  })

  it('refuse when the service does not know itself or is not in the catalog (D6)', () => {
    assert.equal(
      accessRulesRefusal(images, { ...get, serviceType: undefined }),
      'access_rules_service_type_unset',
    )
    const elsewhere = accessRulesRefusal(images, { ...get, serviceType: 'object-store' })
    assert.equal(elsewhere, 'access_rules_service_not_in_catalog')
    const { catalog: _dropped, ...withoutCatalog } = images
    assert.equal(accessRulesRefusal(withoutCatalog, get), 'access_rules_service_not_in_catalog')
  })

  it('give way to a confirmed service token, but not in a foreign catalog', () => {
    const confirmed = { ...get, method: 'DELETE', serviceConfirmed: true }
    assert.equal(accessRulesRefusal(images, confirmed), undefined)
    const elsewhere = accessRulesRefusal(images, { ...confirmed, serviceType: 'object-store' })
    assert.equal(elsewhere, 'access_rules_service_not_in_catalog')
  })

  it('leave the validation of the own token open', () => {
    const own = { ...get, serviceType: 'identity', path: '/identity/v3/auth/tokens?nocatalog' }
    assert.equal(accessRulesRefusal(images, own), undefined)
    assert.equal(accessRulesRefusal(images, { ...own, method: 'POST' }), 'access_rules_no_match')
  })
})
