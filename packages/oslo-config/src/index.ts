export { Config, type Reloaded } from './config.ts'
export { ConfigError, describeProblem, type ConfigProblem } from './errors.ts'
export { parseIni, type IniEntry } from './ini.ts'
export {
  booleanOption,
  dictOption,
  floatOption,
  hostOption,
  hostnameOption,
  integerListOption,
  integerOption,
  ipAddressOption,
  listOption,
  multiStringOption,
  portOption,
  stringOption,
  uriOption,
  type Option,
  type OptionSettings,
  type OptionTable,
  type Values,
} from './options.ts'
export { referencePage } from './reference-page.ts'
export { sampleFile, type OptionGroup } from './sample-file.ts'
