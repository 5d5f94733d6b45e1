import { databaseOptions } from '@longhaul/oslo/db'
import { sharedListenOptions, proxyOptions } from '@longhaul/oslo/api'
import { logOptions } from '@longhaul/oslo/log'
import { integerOption, booleanOption, listOption, stringOption, type Config } from '@longhaul/oslo-config'
import type { PasswordRules } from './passwords.ts'

/** Every option of keystone.conf that is read, by section. @see OpenStack configuration reference of Keystone */
const optionTables = {
  DEFAULT: {
    ...proxyOptions,
    ...logOptions,
    max_project_tree_depth: integerOption({
      help: 'Projects in one line at most, from the top of a domain to the last child.',
      unit: 'projects',
      default: 5,
      min: 1,
    }),
    strict_password_check: booleanOption({
      help: 'Whether a password that is too long is refused; otherwise its end does not count.',
      default: false,
    }),
  },
  listen: sharedListenOptions(5000),
  database: databaseOptions,
  token: {
    provider: stringOption({
      help: 'Kind of tokens that are issued and accepted.',
      default: 'fernet',
      choices: ['fernet'],
    }),
    expiration: integerOption({
      help: 'How long a token is valid after its issue.',
      unit: 'seconds',
      default: 3600,
      min: 1,
    }),
    allow_expired_window: integerOption({
      help: 'How long after its expiry a token may still be validated with allow_expired.',
      unit: 'seconds',
      default: 172_800,
      min: 0,
    }),
    allow_rescope_scoped_token: booleanOption({
      help: 'Whether a scoped token may be exchanged for another.',
      default: true,
    }),
  },
  fernet_tokens: {
    key_repository: stringOption({
      help: 'Directory of the Fernet keys.',
      default: '/etc/keystone/fernet-keys/',
    }),
    max_active_keys: integerOption({
      help: 'Keys that a rotation leaves, the staged one included. Tokens of older keys are lost, also for allow_expired.',
      unit: 'keys',
      default: 3,
      min: 1,
    }),
  },
  auth: {
    methods: listOption({
      help: 'Authentication methods; their order is part of the token format.',
      default: ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential'],
    }),
  },
  identity: {
    default_domain_id: stringOption({
      help: 'The domain that bootstrap makes, and the one domain that need not be a UUID.',
      default: 'default',
    }),
    password_hash_rounds: integerOption({
      help: 'Cost of bcrypt: each step doubles the work.',
      unit: 'steps',
      default: 12,
      min: 4,
      max: 31,
    }),
    max_password_length: integerOption({
      help: 'Longest password; bcrypt looks at the first 72 bytes.',
      unit: 'bytes',
      default: 4096,
      min: 1,
    }),
  },
  assignment: {
    prohibited_implied_role: listOption({ help: 'Roles that no other may imply.', default: ['admin'] }),
  },
  revoke: {
    expiration_buffer: integerOption({
      help: 'How long a revocation is kept beyond the last use of the tokens it hits.',
      unit: 'seconds',
      default: 1800,
      min: 0,
    }),
  },
  oslo_policy: {
    policy_file: stringOption({
      help: 'YAML file of policy rules that replace the defaults of the same name; what it holds is read again at SIGHUP.',
    }),
  },
}

/** The values of keystone.conf. @throws ConfigError */
export function readSettings(conf: Config) {
  return {
    DEFAULT: conf.register('DEFAULT', optionTables.DEFAULT),
    listen: conf.register('listen', optionTables.listen),
    database: conf.register('database', optionTables.database),
    token: conf.register('token', optionTables.token),
    fernetTokens: conf.register('fernet_tokens', optionTables.fernet_tokens),
    auth: conf.register('auth', optionTables.auth),
    identity: conf.register('identity', optionTables.identity),
    assignment: conf.register('assignment', optionTables.assignment),
    revoke: conf.register('revoke', optionTables.revoke),
    policy: conf.register('oslo_policy', optionTables.oslo_policy),
  }
}

export type Settings = ReturnType<typeof readSettings>

/** How long a token may be accepted after its issue, and so how long its revocation must be known, in seconds. */
export function longestUse({ token, revoke }: Pick<Settings, 'token' | 'revoke'>): number {
  return token.expiration + token.allow_expired_window + revoke.expiration_buffer
}

/** How passwords are hashed and how long they may be. */
export function passwordRules({ identity, DEFAULT }: Pick<Settings, 'identity' | 'DEFAULT'>): PasswordRules {
  return {
    rounds: identity.password_hash_rounds,
    maxLength: identity.max_password_length,
    strict: DEFAULT.strict_password_check,
  }
}
