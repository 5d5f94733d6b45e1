import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keyOwner } from './key-owner.ts'

describe('the owner of keys', () => {
  const own = { uid: process.geteuid!(), gid: process.getegid!() }

  it('is nobody in particular unless one is named', () => assert.equal(keyOwner({}), undefined))

  it('is named or numbered, and what is not named is that of the process', () => {
    assert.deepEqual(keyOwner({ user: 'root', group: 'root' }), { uid: 0, gid: 0 })
    assert.deepEqual(keyOwner({ user: '0' }), { uid: 0, gid: own.gid })
    assert.deepEqual(keyOwner({ group: '0' }), { uid: own.uid, gid: 0 })
  })

  it('is refused when this machine does not know it', () => {
    assert.throws(() => keyOwner({ user: 'no-such-one' }), /unknown user "no-such-one" in --keystone-user/)
    assert.throws(() => keyOwner({ group: '--help' }), /unknown group "--help" in --keystone-group/)
    assert.throws(() => keyOwner({ user: '' }), /unknown user "" in --keystone-user/)
  })
})
