"""The tables of the HubSpot account, all named `hs_…`."""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS hs_record (
  type TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0, archived_at INTEGER, properties TEXT NOT NULL,
  PRIMARY KEY (type, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hs_record_modified ON hs_record (type, archived, modified, id);
CREATE INDEX IF NOT EXISTS hs_record_live ON hs_record (type, archived, id);
CREATE INDEX IF NOT EXISTS hs_record_created ON hs_record (type, archived, created, id);

CREATE TABLE IF NOT EXISTS hs_prior (
  type TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
  archived INTEGER NOT NULL, properties TEXT NOT NULL, since INTEGER NOT NULL,
  until INTEGER NOT NULL, PRIMARY KEY (type, id, until)) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS hs_prior_until ON hs_prior (type, until);

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

CREATE TABLE IF NOT EXISTS hs_group (
  type TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (type, name)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_object_type (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0,
  document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_label (
  from_type TEXT NOT NULL, to_type TEXT NOT NULL, id INTEGER NOT NULL, reverse INTEGER,
  label TEXT, reverse_label TEXT, name TEXT NOT NULL, category TEXT NOT NULL,
  PRIMARY KEY (from_type, to_type, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hs_pair_limit (
  from_type TEXT NOT NULL, to_type TEXT NOT NULL, id INTEGER NOT NULL, most INTEGER NOT NULL,
  PRIMARY KEY (from_type, to_type, id)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_pipeline (
  type TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (type, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hs_audit (
  number INTEGER PRIMARY KEY, type TEXT NOT NULL, pipeline TEXT NOT NULL, stage TEXT NOT NULL,
  at INTEGER NOT NULL, action TEXT NOT NULL, document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_flow (id INTEGER PRIMARY KEY, document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_due (
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, type TEXT NOT NULL,
  id INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS hs_due_at ON hs_due (at, number);

CREATE TABLE IF NOT EXISTS hs_usage (day TEXT PRIMARY KEY, calls INTEGER NOT NULL);

CREATE TABLE IF NOT EXISTS hs_association (
  from_type TEXT NOT NULL, from_id INTEGER NOT NULL, to_type TEXT NOT NULL,
  to_id INTEGER NOT NULL, type_id INTEGER NOT NULL,
  PRIMARY KEY (from_type, from_id, to_type, to_id, type_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hs_association_back ON hs_association (to_type, to_id, from_type);

CREATE TABLE IF NOT EXISTS hs_owner (
  id INTEGER PRIMARY KEY, user_id INTEGER, email TEXT, archived INTEGER NOT NULL DEFAULT 0,
  document TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_list (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, processing TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, deleted INTEGER, branch TEXT,
  version INTEGER NOT NULL DEFAULT 1, evaluated INTEGER NOT NULL DEFAULT 0);
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

CREATE TABLE IF NOT EXISTS hs_app (
  id INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hs_token (
  token TEXT PRIMARY KEY, kind TEXT NOT NULL, app INTEGER NOT NULL, scopes TEXT NOT NULL,
  expires INTEGER, refresh TEXT, redirect TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_webhook_settings (app INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hs_subscription (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, event TEXT NOT NULL,
  type TEXT, property TEXT, active INTEGER NOT NULL, created INTEGER NOT NULL,
  updated INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS hs_journal_subscription (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hs_change (
  number INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
  action TEXT NOT NULL, type TEXT NOT NULL, object INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hs_delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, body TEXT NOT NULL,
  attempt INTEGER NOT NULL, due INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS hs_delivery_due ON hs_delivery (state, due);

CREATE TABLE IF NOT EXISTS hs_event_definition (
  name TEXT PRIMARY KEY, document TEXT NOT NULL, archived INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS hs_view (
  id TEXT PRIMARY KEY, utk TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL,
  properties TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS hs_view_utk ON hs_view (utk, at);
CREATE TABLE IF NOT EXISTS hs_cookie (utk TEXT PRIMARY KEY, contact INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS hs_identity (utk TEXT PRIMARY KEY, email TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS hs_email (
  id INTEGER PRIMARY KEY, created INTEGER NOT NULL, updated INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hs_consent (
  recipient TEXT NOT NULL, subscription INTEGER NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (recipient, subscription)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS hs_import (
  id INTEGER PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, starts INTEGER NOT NULL,
  ends INTEGER NOT NULL, state TEXT NOT NULL, document TEXT NOT NULL, file BLOB);
CREATE INDEX IF NOT EXISTS hs_import_due ON hs_import (state, ends);
CREATE TABLE IF NOT EXISTS hs_import_error (
  id INTEGER PRIMARY KEY AUTOINCREMENT, import INTEGER NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hs_export (
  id INTEGER PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL, starts INTEGER NOT NULL,
  document TEXT NOT NULL, content BLOB);
"""
