import type { TokenData } from '@longhaul/keystoneauth'

/**
 * The token's data in Keystone's answer to a validation; undefined when it has none on which a decision could stand. Whoever
 * writes to a memcached without protection could put anything there, so every part that is looked at later is looked at here.
 */
export function tokenDataOf(body: unknown): TokenData | undefined {
  if (!isObject(body) || !isObject(body['token'])) return undefined
  const data = body['token']
  const sound =
    isPerson(data['user']) &&
    isText(data['expires_at']) &&
    !Number.isNaN(Date.parse(data['expires_at'])) &&
    isListOf(data['roles'], (role) => isObject(role) && isText(role['name'])) &&
    isListOf(data['catalog'], isCatalogEntry) &&
    isListOf(data['audit_ids'], isText) &&
    isAbsentOr(data['project'], isPerson) &&
    isAbsentOr(data['domain'], isReference) &&
    isAbsentOr(data['system'], isObject) &&
    isAbsentOr(data['bind'], isObject) &&
    isAbsentOr(data['application_credential'], (credential) =>
      isObject(credential) ? isListOf(credential['access_rules'], isAccessRule) : false,
    )
  return sound ? (data as unknown as TokenData) : undefined
}

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string'
const isAbsent = (value: unknown) => value === undefined || value === null

function isAbsentOr(value: unknown, test: (value: unknown) => boolean): boolean {
  return isAbsent(value) || test(value)
}

function isListOf(value: unknown, test: (item: unknown) => boolean): boolean {
  return isAbsentOr(value, (list) => Array.isArray(list) && list.every(test))
}

function hasTexts(value: unknown, ...names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => isText(value[name]))
}

/** With an id, and perhaps a name. */
function isReference(value: unknown): boolean {
  return hasTexts(value, 'id') && isAbsentOr((value as Fields)['name'], isText)
}

/** A user or a project, which belong to a domain. */
function isPerson(value: unknown): boolean {
  return isReference(value) && isAbsentOr((value as Fields)['domain'], isReference)
}

function isCatalogEntry(value: unknown): boolean {
  return (
    hasTexts(value, 'type') &&
    isListOf((value as Fields)['endpoints'], (endpoint) => hasTexts(endpoint, 'interface', 'url'))
  )
}

function isAccessRule(value: unknown): boolean {
  return hasTexts(value, 'service', 'method', 'path')
}
