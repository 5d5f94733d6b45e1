import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routesOf, shapeOf } from '@longhaul/oslo/testing'
import { testKeystone } from '../testing/keystone.ts'
import { readExchanges } from '../testing/replay.ts'
import { bestAccepted } from './accept.ts'
import { homeDocument, type HomeDocument } from './json-home.ts'

const pathOf = (resource: HomeDocument['resources'][string]) =>
  'href' in resource ? resource.href : resource['href-template']
const shapeOfPath = (path: string) => shapeOf({ method: 'GET', path }).slice('GET '.length)

test('a home document names every resource of the original that is served, and no other', async () => {
  await using keystone = await testKeystone()
  const served = new Set((await routesOf(keystone.app)).map(({ path }) => shapeOfPath(path)))
  const recorded = readExchanges('home-documents').find(({ request }) => request.path === '/')!
  const { resources } = recorded.response.body as HomeDocument
  const wanted = Object.entries(resources).filter(([, one]) => served.has(shapeOfPath(pathOf(one))))
  assert.ok(wanted.length > 50)
  assert.deepEqual(homeDocument('/v3').resources, Object.fromEntries(wanted))
})

test('of media types the one with the best quality is taken, of equal ones the first', () => {
  const best = (accept?: string) => bestAccepted(accept, ['application/json', 'application/json-home'])
  assert.equal(best(), 'application/json')
  assert.equal(best('*/*'), 'application/json')
  assert.equal(best('application/*;q=0.5, application/json-home'), 'application/json-home')
  assert.equal(best('application/json-home, application/json'), 'application/json')
  assert.equal(best('application/json;q=0, application/*'), 'application/json-home')
  assert.equal(best('text/html'), undefined)
  assert.equal(best('application/json;q=many'), undefined)
})
