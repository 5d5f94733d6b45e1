import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from './config.ts'
import { ConfigError } from './errors.ts'
import {
  booleanOption,
  dictOption,
  floatOption,
  hostnameOption,
  hostOption,
  integerListOption,
  integerOption,
  ipAddressOption,
  listOption,
  multiStringOption,
  portOption,
  stringOption,
  uriOption,
  type Option,
} from './options.ts'

const text = { help: 'text' }
const anyCase = { ...text, choices: ['http', 'HTTPS'], ignoreCase: true }

function valueOf(option: Option<unknown>, written: string): unknown {
  return Config.parse(`\n[x]\noption =${written}\n`, 'x.conf').register('x', { option }).option
}

type Read = readonly [what: string, option: Option<unknown>, written: string, expected: unknown]
const truth = ['true', 'True', '1', 'yes', 'on', 't', 'Y'].map((word): Read => [
  'boolean',
  booleanOption(text),
  word,
  true,
])
const untruth = ['false', 'FALSE', '0', 'no', 'off', 'f', 'n'].map((word): Read => [
  'boolean',
  booleanOption(text),
  word,
  false,
])
const read: readonly Read[] = [
  ...truth,
  ...untruth,
  ['integer', integerOption(text), '-12', -12],
  ['integer within its bounds', integerOption({ ...text, min: 1, max: 3 }), '3', 3],
  ['integer without a value', integerOption(text), '', undefined],
  ['integer without a value but with a default', integerOption({ ...text, default: 5 }), '', 5],
  ['float', floatOption(text), '-.5e1', -5],
  ['port', portOption(text), '65535', 65535],
  ['string', stringOption(text), '" padded "', ' padded '],
  ['string without a value', stringOption({ ...text, default: 'd' }), '', ''],
  ['choice', stringOption({ ...text, choices: ['a', 'b'] }), 'b', 'b'],
  ['choice in any case', stringOption(anyCase), 'https', 'HTTPS'],
  ['list', listOption(text), ' a, b ,,c, ', ['a', 'b', 'c']],
  ['list over several lines', listOption(text), 'a,\n  b\n  c', ['a', 'b', 'c']],
  ['list with quotes', listOption(text), `a, "b, c" ,'d'`, ['a', 'b, c', 'd']],
  ['list in which all is quoted', listOption(text), '"a,b","c"', ['a,b', 'c']],
  ['list as one quoted string', listOption(text), '"a,b"', ['a', 'b']],
  ['list with an apostrophe', listOption(text), `it's, 5"`, [`it's`, `5"`]],
  ['empty list', listOption(text), '', []],
  ['list of integers', integerListOption(text), '1, 2', [1, 2]],
  ['dict', dictOption(text), 'a:1, b:x:y,c:', { a: '1', b: 'x:y', c: '' }],
  ['dict with quotes', dictOption(text), 'a:1,"b:2,3"', { a: '1', b: '2,3' }],
  ['repeated string', multiStringOption(text), 'a\noption = b,c', ['a', 'b,c']],
  ['host name', hostOption(text), 'node-1.example', 'node-1.example'],
  ['host by IPv4', hostOption(text), '10.0.0.1', '10.0.0.1'],
  ['host by IPv6 with brackets', hostOption(text), '[::1]', '::1'],
  ['name of a host', hostnameOption(text), '1a', '1a'],
  ['address', ipAddressOption(text), 'fe80::1', 'fe80::1'],
  ['URI', uriOption(text), 'http://[::1]:5000/v3', 'http://[::1]:5000/v3'],
  ['URI with what will be filled in', uriOption(text), 'http://h/%(tenant_id)s', 'http://h/%(tenant_id)s'],
]
for (const [what, option, written, expected] of read) {
  test(`A ${what} is read from ${JSON.stringify(written)}`, () => {
    assert.deepEqual(valueOf(option, written), expected)
  })
}

const refused: readonly [what: string, option: Option<unknown>, written: string, allowed: RegExp][] = [
  ['integer', integerOption(text), '1.5', /a whole number/],
  ['integer', integerOption(text), '0x10', /a whole number/],
  ['integer', integerOption(text), '9007199254740993', /a whole number/],
  ['integer', integerOption({ ...text, min: 1 }), '0', /at least 1/],
  ['integer', integerOption({ ...text, max: 3 }), '4', /at most 3/],
  ['integer', integerOption({ ...text, choices: [1, 2] }), '3', /one of 1, 2/],
  ['required integer', integerOption({ ...text, required: true }), '', /required/],
  ['float', floatOption(text), 'much', /a number/],
  ['float', floatOption(text), '0x1', /a number/],
  ['float', floatOption(text), 'Infinity', /a number/],
  ['boolean', booleanOption(text), 'maybe', /true or false/],
  ['boolean', booleanOption(text), '', /true or false/],
  ['choice', stringOption({ ...text, choices: ['a', 'b'] }), 'A', /one of a, b/],
  ['choice', stringOption(anyCase), 'ftp', /one of http, HTTPS/],
  ['list', listOption(text), '"a, b', /quote/],
  ['list of integers', integerListOption(text), '1,x', /a whole number/],
  ['dict', dictOption(text), 'a', /key:value/],
  ['dict', dictOption(text), 'a:1,a:2', /twice/],
  ['port', portOption(text), '65536', /at most 65535/],
  ['port', portOption(text), '-1', /at least 0/],
  ['host', hostOption(text), 'a b', /host name or an IP/],
  ['host', hostOption(text), '10.0.0.256', /host name or an IP/],
  ['name of a host', hostnameOption(text), '10.0.0.1', /a host name/],
  ['address', ipAddressOption(text), 'localhost', /an IP address/],
  ['URI', uriOption(text), 'nowhere', /an absolute URI/],
  ['URI', uriOption(text), 'keystone:5000/v3', /an absolute URI/],
  ['URI', uriOption(text), 'http://h:port', /an absolute URI/],
]
for (const [what, option, written, allowed] of refused) {
  test(`A ${what} of ${JSON.stringify(written)} is refused, and the error says what is allowed`, () => {
    assert.throws(
      () => valueOf(option, written),
      (error) => {
        assert.ok(error instanceof ConfigError)
        const [problem] = error.problems
        assert.deepEqual(
          [problem?.file, problem?.line, problem?.group, problem?.option],
          ['x.conf', 3, 'x', 'option'],
        )
        assert.match(problem?.message ?? '', allowed)
        return true
      },
    )
  })
}
