import type { Links } from '../links.ts'
import { resourceLinks } from '../links.ts'
import type { Microversion } from '../microversions.ts'
import { wireTime } from '../wire-time.ts'
import type { Volume } from './store.ts'

/** How a volume is shown. */
export interface VolumeViewer {
  links: Links
  version: Microversion
  /** Sees hosts. */
  admin: boolean
  /** Attributes that a policy decides about. */
  shows: { tenant: boolean; migration: boolean; host: boolean; imageMetadata: boolean }
}

/** A volume as lists without details show it. */
export function volumeSummary(volume: Pick<Volume, 'id' | 'name'>, links: Links) {
  return { id: volume.id, name: volume.name, links: resourceLinks(links, `/volumes/${volume.id}`) }
}

/** @see openstack/cinder cinder/api/v3/views/volumes.py and the extensions in cinder/api/contrib */
export function volumeDetail(volume: Volume, viewer: VolumeViewer): Record<string, unknown> {
  const { version, admin, shows } = viewer
  return {
    ...volumeSummary(volume, viewer.links),
    status: volume.status,
    size: volume.size,
    availability_zone: volume.availability_zone,
    created_at: wireTime(volume.created_at),
    updated_at: wireTime(volume.updated_at),
    description: volume.description,
    volume_type: volume.typeName,
    snapshot_id: volume.snapshot_id,
    source_volid: volume.source_volid,
    metadata: { ...volume.metadata, ...(volume.readonly ? { readonly: 'True' } : {}) },
    user_id: volume.user_id,
    bootable: volume.bootable ? 'true' : 'false',
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: volume.multiattach === 1,
    attachments: attachmentsOf(volume, admin),
    ...(admin ? { migration_status: null } : {}),
    ...(shows.host ? { 'os-vol-host-attr:host': volume.host } : {}),
    ...(shows.tenant ? { 'os-vol-tenant-attr:tenant_id': volume.project_id } : {}),
    ...(shows.migration
      ? { 'os-vol-mig-status-attr:migstat': null, 'os-vol-mig-status-attr:name_id': null }
      : {}),
    ...(shows.imageMetadata && Object.keys(volume.imageMetadata).length > 0
      ? { volume_image_metadata: volume.imageMetadata }
      : {}),
    ...(version.atLeast('3.13') ? { group_id: null } : {}),
    ...(admin && version.atLeast('3.21') ? { provider_id: null } : {}),
    ...(version.atLeast('3.48') ? { shared_targets: false, service_uuid: null } : {}),
    ...(admin && version.atLeast('3.61') ? { cluster_name: null } : {}),
    ...(version.atLeast('3.63') ? { volume_type_id: volume.volume_type_id } : {}),
    ...(version.atLeast('3.65') ? { consumes_quota: true } : {}),
  }
}

function attachmentsOf(volume: Volume, admin: boolean) {
  return volume.attachments
    .filter((attachment) => attachment.attach_status === 'attached')
    .map((attachment) => ({
      id: volume.id,
      attachment_id: attachment.id,
      volume_id: volume.id,
      server_id: attachment.instance_uuid,
      host_name: admin ? attachment.attached_host : null,
      device: attachment.mountpoint,
      attached_at: wireTime(attachment.attach_time),
    }))
}
