import assert from 'node:assert/strict'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch } from './fixtures/scratch.ts'
import { JobStore } from './job-store.ts'

const done = { state: 'done' as const, result: { size: 1 } }
const failed = { state: 'failed' as const, error: { code: 'x', message: 'y', terminal: false } }

test('Attempts and jobs are kept for the next agent', (t) => {
  const directory = scratch(t)
  const store = new JobStore(directory)
  assert.equal(store.attempt('op'), 0)
  assert.equal(store.job('op', 'backup'), undefined)
  store.setAttempt('op', 2)
  store.setJob('op', 'backup', done)
  store.setJob('op', 'upload', failed)
  const next = new JobStore(directory)
  assert.equal(next.attempt('op'), 2)
  assert.deepEqual(next.job('op', 'backup'), done)
  assert.deepEqual(next.job('op', 'upload'), failed)
})

test('A step that is called like something every object has is no job', (t) => {
  const store = new JobStore(scratch(t))
  store.setAttempt('op', 1)
  for (const step of ['constructor', 'toString']) assert.equal(store.job('op', step), undefined)
})

test('A forgotten job keeps how it ended, and nothing that could be tried again', (t) => {
  const directory = scratch(t)
  const store = new JobStore(directory)
  store.setAttempt('op', 2)
  store.setJob('op', 'backup', done)
  store.forgetJobs('op')
  store.setJob('op', 'upload', failed)
  store.forgetJobs('op')
  store.forgetJobs('op')
  assert.equal(store.attempt('op'), 2)
  assert.deepEqual(store.job('op', 'backup'), { state: 'done', result: {} })
  assert.equal(store.job('op', 'upload')?.error?.terminal, true)
  const { jobs } = JSON.parse(readFileSync(join(directory, 'operations/op.json'), 'utf8')) as { jobs: object }
  assert.deepEqual(jobs, {})
})

test('A record that the disk has lost does not stop the agent', (t) => {
  const directory = scratch(t)
  const store = new JobStore(directory)
  store.setAttempt('op', 2)
  writeFileSync(join(directory, 'operations/op.json'), '')
  assert.equal(store.attempt('op'), 0)
  store.setJob('op', 'backup', done)
  assert.deepEqual(store.job('op', 'backup'), done)
})

test('What has not changed for long is found, half-written records too, and removed', (t) => {
  const directory = scratch(t)
  const store = new JobStore(directory)
  for (const operation of ['old', 'young', 'cut']) store.setAttempt(operation, 1)
  const file = (name: string) => join(directory, 'operations', name)
  writeFileSync(file('cut.json.new'), '{')
  const then = new Date('2026-01-01')
  for (const name of ['old.json', 'cut.json.new', 'cut.json']) utimesSync(file(name), then, then)
  const found = store.unchangedSince(new Date('2026-01-02'))
  assert.deepEqual(new Set(found), new Set(['old', 'cut']))
  for (const operation of found) store.remove(operation)
  assert.deepEqual(readdirSync(join(directory, 'operations')), ['young.json'])
})
