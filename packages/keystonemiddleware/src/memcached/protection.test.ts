import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { protection } from './protection.ts'

// Made with the original: token TOKEN, secret SECRET, the initialisation vector counting up.
const vectors = [
  {
    strategy: 'MAC',
    key: "tokens/b'uZAU5wTpYWWeaZwbdadzBw=='",
    stored: 'TJue+l72VpFspB9lcCu6MMRMMBbrdEPqjnI+KNrwDUIPLlL8Nf0CgWPbAOZ6DnujeyJ0b2tlbiI6IHt9fQ==',
  },
  {
    strategy: 'ENCRYPT',
    key: "tokens/b'LzarhcZ8zE+WonV4WgN7mw=='",
    stored:
      'BcsJkz53NLvCRN6Wu+ACHXXS1UvqBXNdq5Y471EbURVt/BuxaugIvS7fehY85g1/AAECAwQFBgcICQoLDA0ODxmWaSNVNWJpoOWE9LXBo40=',
  },
] as const
const data = '{"token": {}}'
const counting = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_unused, index) => index))

describe('the protection of entries', () => {
  for (const { strategy, key, stored } of vectors) {
    it(`${strategy} is the original's, byte for byte`, () => {
      const place = protection(strategy, 'SECRET', counting)('TOKEN')
      assert.equal(place.key, key)
      assert.equal(place.wrap(Buffer.from(data)).toString(), stored)
      assert.equal(place.unwrap(Buffer.from(stored))?.toString(), data)
    })

    it(`${strategy} takes nothing that was changed, cut or made with another secret or token`, () => {
      const bytes = Buffer.from(stored)
      const place = protection(strategy, 'SECRET')('TOKEN')
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= 1
        assert.equal(place.unwrap(changed), undefined, `byte ${at}`)
        assert.equal(place.unwrap(bytes.subarray(0, at)), undefined, `the first ${at}`)
      }
      assert.equal(protection(strategy, 'OTHER')('TOKEN').unwrap(bytes), undefined)
      assert.equal(protection(strategy, 'SECRET')('OTHER').unwrap(bytes), undefined)
      assert.equal(
        protection(strategy === 'MAC' ? 'ENCRYPT' : 'MAC', 'SECRET')('TOKEN').unwrap(bytes),
        undefined,
      )
    })
  }

  it('ENCRYPT never writes an entry twice in the same way, nor in clear', () => {
    const place = protection('ENCRYPT', 'SECRET')('TOKEN')
    const [one, two] = [place.wrap(Buffer.from(data)), place.wrap(Buffer.from(data))]
    assert.notDeepEqual(one, two)
    assert.ok(!Buffer.from(one.toString(), 'base64').includes('token'))
  })

  it('None has the key of the original', () => {
    const place = protection('None')('TOKEN')
    assert.equal(place.key, 'tokens/f98103e9217f099208569d295c1b276f1821348636c268c854bb2a086e0037cd')
  })
})
