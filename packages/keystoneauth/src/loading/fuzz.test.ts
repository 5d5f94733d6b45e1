import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  booleanOption,
  Config,
  ConfigError,
  dictOption,
  floatOption,
  hostOption,
  integerListOption,
  integerOption,
  ipAddressOption,
  listOption,
  parseIni,
  portOption,
  stringOption,
  uriOption,
} from '@longhaul/oslo-config'
import { ClientException, OptionError } from '../errors.ts'
import { holds, isOneOf, jsonWith, textWith, thrown } from '../fixtures/fuzz.ts'
import { normalised } from './clouds/normalise.ts'
import { parseSettings } from './clouds/config-files.ts'
import { inRegion } from './clouds/region.ts'
import { cloudAuth } from './clouds/cloud-auth.ts'
import { CloudRegion } from './clouds/cloud-region.ts'
import { isSettings } from './clouds/settings.ts'

const ini = textWith(
  '[',
  ']',
  '=',
  ':',
  '\n',
  '\n ',
  '\t',
  '#',
  ';',
  '"',
  "'",
  '$',
  '${a.b}',
  'a',
  '[x]\n',
  'a = ',
  ',',
)

holds('INI is read, or refused with the lines at fault', ini, (text) => {
  const error = thrown(() => parseIni(text, 'file'))
  isOneOf(error, ConfigError)
  if (error === undefined)
    for (const { group, name, line } of parseIni(text, 'file')) {
      assert.ok(group !== '' && name !== '' && line > 0)
    }
})

holds(
  'What is written as INI is read as it was meant',
  fc.dictionary(fc.stringMatching(/^[a-z]\w{0,8}$/), fc.stringMatching(/^[!-&(-~][ -~]{0,20}$/)),
  (values) => {
    const plain = Object.entries(values).map(([name, value]) => [name, value.trim()] as const)
    const written = plain.filter(([, value]) => !/^(["']).*\1$/.test(value))
    const text = `[x]\n${written.map(([name, value]) => `${name} = ${value}`).join('\n')}`
    assert.deepEqual(
      parseIni(text, 'file').map(({ name, value }) => [name, value]),
      written.map(([name, value]) => [name, value]),
    )
  },
)

const help = 'A value.'
const table = {
  text: stringOption({ help }),
  integer: integerOption({ help }),
  float: floatOption({ help }),
  boolean: booleanOption({ help }),
  list: listOption({ help }),
  integers: integerListOption({ help }),
  dict: dictOption({ help }),
  port: portOption({ help }),
  host: hostOption({ help }),
  address: ipAddressOption({ help }),
  uri: uriOption({ help }),
  hidden: uriOption({ help, secret: true }),
}
const valueText = textWith(
  ',',
  ':',
  '"',
  "'",
  '.',
  '-',
  '1',
  '65535',
  '0x',
  'e9',
  'true',
  '://',
  '[',
  ']',
  '::',
  '$$',
  '$text',
)
holds(
  'A value is of its type or refused, and a secret one is not repeated',
  fc.tuple(fc.constantFrom(...Object.keys(table)), valueText),
  ([name, value]) => {
    const conf = Config.parse(`[x]\n${name} = ${value.replaceAll(/[\r\n]/g, '')}`)
    const error = thrown(() => conf.register('x', table))
    isOneOf(error, ConfigError)
    if (name === 'hidden' && error && value.trim().length > 8)
      assert.ok(!`${error as Error}`.includes(value.trim()))
  },
)

// All that an error may say of a file.
const told =
  /^OptionError: clouds\.yaml(:\d+:\d+: not YAML \([A-Z_]+\)| is no mapping| has aliases that cannot be resolved)$/

const yaml = textWith(
  'clouds:',
  '\n',
  '\n  ',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '<<: *a',
  '"',
  "'",
  '|',
  '>',
  '!!',
  '%',
  '#',
  '~',
  'auth',
  'regions',
  ',',
)
holds('YAML is settings or refused with a place, and nothing of it is repeated', yaml, (text) => {
  const error = thrown(() => parseSettings(text, 'clouds.yaml'))
  isOneOf(error, OptionError)
  if (error) assert.match(`${error as Error}`, told)
})

const cloud = jsonWith(
  'auth',
  'auth_type',
  'auth_url',
  'regions',
  'region_name',
  'values',
  'name',
  'password',
  'token',
  'project_id',
  'domain_id',
  'endpoint_type',
  'api_timeout',
  'none',
  'v3multifactor',
  'interface',
  'rate_limit',
  'compute_connect_retries',
  'compute_default_microversion',
)
holds('Whatever is called a cloud is one, or refused', cloud, (value) => {
  const settings = parseSettings(JSON.stringify({ cloud: value }), 'clouds.yaml')['cloud']
  if (!isSettings(settings)) return
  const place = { name: 'clouds.x', files: ['clouds.yaml'], environment: false }
  const error = thrown(() => {
    const region = normalised(inRegion(settings, {}, undefined, 'clouds.x'))
    const loaded = new CloudRegion('x', region, cloudAuth(region, place))
    // What was loaded is read without an error.
    assert.ok(!thrown(() => loaded.serviceOptions('compute')))
  })
  isOneOf(error, ClientException)
})
