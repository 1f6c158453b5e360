"""The tables of the HubSpot account, all named `hs_…`."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS hs_record (
  type TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0, archived_at INTEGER, properties TEXT NOT NULL,
  PRIMARY KEY (type, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hs_record_modified ON hs_record (type, archived, modified, id);
CREATE INDEX IF NOT EXISTS hs_record_created ON hs_record (type, archived, created, id);

CREATE TABLE IF NOT EXISTS hs_prior (
  type TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
  archived INTEGER NOT NULL, properties TEXT NOT NULL, since INTEGER NOT NULL,
  until INTEGER NOT NULL, PRIMARY KEY (type, id, until)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_unique (
  type TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id INTEGER NOT NULL,
  PRIMARY KEY (type, name, value)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hs_unique_record ON hs_unique (type, id);

CREATE TABLE IF NOT EXISTS hs_alias (
  type TEXT NOT NULL, old INTEGER NOT NULL, new INTEGER NOT NULL,
  PRIMARY KEY (type, old)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_sequence (type TEXT PRIMARY KEY, last INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS hs_history (
  type TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, sequence INTEGER NOT NULL,
  at INTEGER NOT NULL, before TEXT, value TEXT NOT NULL, source TEXT NOT NULL, source_id TEXT,
  user TEXT, PRIMARY KEY (type, id, name, sequence)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_property (
  type TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (type, name)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_association (
  from_type TEXT NOT NULL, from_id INTEGER NOT NULL, to_type TEXT NOT NULL,
  to_id INTEGER NOT NULL, type_id INTEGER NOT NULL,
  PRIMARY KEY (from_type, from_id, to_type, to_id, type_id)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_owner (
  id INTEGER PRIMARY KEY, user_id INTEGER, email TEXT, archived INTEGER NOT NULL DEFAULT 0,
  document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_list (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, processing TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER, branch TEXT,
  version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS hs_member (
  list INTEGER NOT NULL, record INTEGER NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY (list, record)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hs_member_record ON hs_member (record, list);

CREATE TABLE IF NOT EXISTS hs_event (
  id TEXT PRIMARY KEY, type TEXT NOT NULL, object INTEGER NOT NULL, event TEXT NOT NULL,
  occurred INTEGER NOT NULL, properties TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS hs_event_kind ON hs_event (event, occurred, id);
CREATE INDEX IF NOT EXISTS hs_event_object ON hs_event (type, object, occurred, id);

CREATE TABLE IF NOT EXISTS hs_email_event (
  id TEXT PRIMARY KEY, created INTEGER NOT NULL, recipient TEXT NOT NULL, kind TEXT NOT NULL,
  document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS hs_email_event_time ON hs_email_event (created, id);
CREATE INDEX IF NOT EXISTS hs_email_event_recipient ON hs_email_event (recipient, created, id);

CREATE TABLE IF NOT EXISTS hs_form (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS hs_submission (
  form TEXT NOT NULL, submitted INTEGER NOT NULL, number INTEGER NOT NULL,
  document TEXT NOT NULL, PRIMARY KEY (form, submitted, number)) WITHOUT ROWID;
"""
