import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthorizationFailure } from '../errors.ts'
import { scopeOf, type ScopeOptions } from './scope.ts'

const scopes: [ScopeOptions, unknown][] = [
  [{}, undefined],
  [{ projectId: 'p', projectName: 'ignored' }, { project: { id: 'p' } }],
  [{ projectName: 'n', projectDomainName: 'D' }, { project: { name: 'n', domain: { name: 'D' } } }],
  [{ projectName: 'n', defaultDomainId: 'd' }, { project: { name: 'n', domain: { id: 'd' } } }],
  [{ domainName: 'D' }, { domain: { name: 'D' } }],
  [{ systemScope: 'all' }, { system: { all: true } }],
  [{ trustId: 't' }, { 'OS-TRUST:trust': { id: 't' } }],
  [{ unscoped: true }, { unscoped: {} }],
]
for (const [options, scope] of scopes) {
  test(`${JSON.stringify(options)} asks for ${JSON.stringify(scope) ?? 'no scope'}`, () => {
    assert.deepEqual(scopeOf(options), scope)
  })
}

const refused: [string, ScopeOptions][] = [
  ['two scopes', { projectId: 'p', domainId: 'd' }],
  ['a trust beside a project', { projectId: 'p', trustId: 't' }],
  ['a project name without its domain', { projectName: 'n' }],
  ['a system scope other than all', { systemScope: 'some' }],
]
for (const [what, options] of refused) {
  test(`${what} is refused before anything is sent`, () => {
    assert.throws(() => scopeOf(options), AuthorizationFailure)
  })
}
