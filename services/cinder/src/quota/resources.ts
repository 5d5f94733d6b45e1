/** What has a limit, with the option of `[DEFAULT]` that holds its default. @see openstack/cinder cinder/quota.py */
export const quotaResources = {
  volumes: 'quota_volumes',
  snapshots: 'quota_snapshots',
  gigabytes: 'quota_gigabytes',
  backups: 'quota_backups',
  backup_gigabytes: 'quota_backup_gigabytes',
  per_volume_gigabytes: 'per_volume_size_limit',
  groups: 'quota_groups',
} as const

export type QuotaResource = keyof typeof quotaResources

export const quotaResourceNames = Object.keys(quotaResources) as QuotaResource[]

/** Values of the options. */
export type QuotaDefaults = Readonly<Record<(typeof quotaResources)[QuotaResource], number>>
