import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { catalogHeaders, headersOf, identityHeaders, strippedHeaders } from './headers.ts'

describe('identity headers', () => {
  it('without a value are left out (D9)', () => {
    const token = tokenData({ project: undefined, roleNames: [] })
    const headers = headersOf(token, 'user')
    assert.deepEqual(Object.values(headers).includes('undefined'), false)
    assert.equal('X-Project-Id' in headers, false)
    assert.equal('OpenStack-System-Scope' in headers, false)
    assert.equal(headers['X-Roles'], '')
  })

  it("of the service never touch the user's (D4)", () => {
    const service = headersOf(tokenData({ system: { all: true } }), 'service')
    assert.ok(Object.keys(service).every((name) => name.startsWith('X-Service-')))
  })

  it('that are set are all stripped', () => {
    for (const { user, service } of identityHeaders) {
      assert.ok(strippedHeaders.has(user.toLowerCase()), user)
      if (service) assert.ok(strippedHeaders.has(service.toLowerCase()), service)
    }
  })

  it('name a replacement that exists', () => {
    const names = new Set(identityHeaders.map((header) => header.user))
    for (const { deprecatedFor } of identityHeaders) if (deprecatedFor) assert.ok(names.has(deprecatedFor))
  })

  it('say whether the project is the admin project', () => {
    assert.equal(headersOf(tokenData(), 'user')['X-Is-Admin-Project'], 'True')
    assert.equal(headersOf(tokenData({ is_admin_project: false }), 'user')['X-Is-Admin-Project'], 'False')
  })

  it('show the catalog with one endpoint a region', () => {
    const url = (side: string, region: string) => ({
      interface: side,
      region_id: region,
      url: `${side}.${region}`,
    })
    const endpoints = [url('public', 'A'), url('admin', 'B'), url('internal', 'A')]
    const headers = catalogHeaders(tokenData({ catalog: [{ type: 'image', name: 'glance', endpoints }] }))
    assert.deepEqual(JSON.parse(headers['X-Service-Catalog'] ?? ''), [
      {
        type: 'image',
        name: 'glance',
        endpoints: [
          { region: 'A', publicURL: 'public.A', internalURL: 'internal.A' },
          { region: 'B', adminURL: 'admin.B' },
        ],
      },
    ])
  })
})
