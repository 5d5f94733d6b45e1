import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Directory } from '../directory.ts'
import { passwordMethod } from './password.ts'

it('a password that is changed while it waits to be checked lets nobody in', async () => {
  const user = { id: 'u', password_hash: 'old', default_project_id: null, options: '{}' }
  const directory = { user: async () => ({ ...user }) } as unknown as Directory
  const login = (checkPassword: () => Promise<boolean>) => {
    const password = { user: { id: 'u', password: 'secret' } }
    return passwordMethod({ directory, checkPassword })({ methods: ['password'], password })
  }
  assert.equal((await login(async () => true)).userId, 'u')
  const changing = login(async () => {
    user.password_hash = 'new'
    return true
  })
  await assert.rejects(changing, { status: 401 })
})
