import type { NodeKind } from '../tree.js';
import type { Definition } from './definition.js';

const always = (): boolean => true;
const concurrently = (body: Readonly<Record<string, unknown>>): boolean => body['concurrent'] === true;
const objects = { type: 'objectType', names: 'object' };
const renamed = { type: 'renameType', names: 'object' };
const onResource = (kind: string): Definition => ({ kind, resource: true });
const code = (kind: string): Definition => ({ kind, resource: true, code: true });

/** Definitions by the grammar's node. What is missing here and elsewhere is refused. */
export const definitions: Readonly<Partial<Record<NodeKind, Definition>>> = {
  // Relations and what belongs to them
  CreateStmt: { kind: 'CREATE TABLE', creates: 'relation' },
  CreateSeqStmt: { kind: 'CREATE SEQUENCE', creates: 'sequence' },
  AlterTableStmt: { kind: 'ALTER TABLE' },
  AlterSeqStmt: { kind: 'ALTER SEQUENCE' },
  IndexStmt: { kind: 'CREATE INDEX', outsideTransaction: concurrently },
  CreateStatsStmt: { kind: 'CREATE STATISTICS' },
  AlterStatsStmt: { kind: 'ALTER STATISTICS', named: 'defnames' },
  CreatePolicyStmt: { kind: 'CREATE POLICY' },
  AlterPolicyStmt: { kind: 'ALTER POLICY' },
  CreateTrigStmt: { kind: 'CREATE TRIGGER', code: true },
  RuleStmt: { kind: 'CREATE RULE', code: true },
  ReplicaIdentityStmt: { kind: 'ALTER TABLE' },
  RefreshMatViewStmt: { kind: 'REFRESH MATERIALIZED VIEW', outsideTransaction: concurrently },
  ReindexStmt: { kind: 'REINDEX', outsideTransaction: (body) => body['relation'] === undefined },
  ClusterStmt: { kind: 'CLUSTER', outsideTransaction: (body) => body['relation'] === undefined },
  VacuumStmt: { kind: 'VACUUM', outsideTransaction: (body) => body['is_vacuumcmd'] === true },

  // Objects named by their kind
  DropStmt: { kind: 'DROP', objects: { type: 'removeType', names: 'objects' }, outsideTransaction: concurrently },
  CommentStmt: { kind: 'COMMENT', objects: { type: 'objtype', names: 'object' } },
  SecLabelStmt: { kind: 'SECURITY LABEL', objects: { type: 'objtype', names: 'object' } },
  RenameStmt: { kind: 'ALTER', objects: renamed },
  AlterObjectSchemaStmt: { kind: 'ALTER', objects },
  AlterOwnerStmt: { kind: 'ALTER', objects },
  AlterObjectDependsStmt: { kind: 'ALTER', objects },
  GrantStmt: { kind: 'GRANT', objects: { type: 'objtype', names: 'objects' } },

  // Types
  CreateEnumStmt: { kind: 'CREATE TYPE', named: 'typeName' },
  AlterEnumStmt: { kind: 'ALTER TYPE', named: 'typeName' },
  CompositeTypeStmt: { kind: 'CREATE TYPE', creates: undefined },
  CreateRangeStmt: { kind: 'CREATE TYPE', named: 'typeName', code: true },
  CreateDomainStmt: { kind: 'CREATE DOMAIN', named: 'domainname' },
  AlterDomainStmt: { kind: 'ALTER DOMAIN', resource: true },
  AlterTypeStmt: { kind: 'ALTER TYPE', named: 'typeName', code: true },
  AlterCollationStmt: { kind: 'ALTER COLLATION', named: 'collname' },

  // Code
  CreateFunctionStmt: { kind: 'CREATE FUNCTION', named: 'funcname', code: true },
  AlterFunctionStmt: { kind: 'ALTER FUNCTION', resource: true, code: true },
  DefineStmt: { kind: 'CREATE', named: 'defnames', code: true },
  CreateCastStmt: code('CREATE CAST'),
  CreateConversionStmt: code('CREATE CONVERSION'),
  CreateEventTrigStmt: code('CREATE EVENT TRIGGER'),
  AlterEventTrigStmt: code('ALTER EVENT TRIGGER'),
  CreateOpClassStmt: code('CREATE OPERATOR CLASS'),
  CreateOpFamilyStmt: code('CREATE OPERATOR FAMILY'),
  AlterOpFamilyStmt: code('ALTER OPERATOR FAMILY'),
  AlterOperatorStmt: code('ALTER OPERATOR'),
  CreatePLangStmt: code('CREATE LANGUAGE'),
  CreateTransformStmt: code('CREATE TRANSFORM'),
  CreateAmStmt: code('CREATE ACCESS METHOD'),
  CreateExtensionStmt: code('CREATE EXTENSION'),
  AlterExtensionStmt: code('ALTER EXTENSION'),
  AlterExtensionContentsStmt: code('ALTER EXTENSION'),
  AlterTSConfigurationStmt: code('ALTER TEXT SEARCH CONFIGURATION'),
  AlterTSDictionaryStmt: code('ALTER TEXT SEARCH DICTIONARY'),

  // Other servers
  CreateFdwStmt: code('CREATE FOREIGN DATA WRAPPER'),
  AlterFdwStmt: code('ALTER FOREIGN DATA WRAPPER'),
  CreateForeignServerStmt: code('CREATE SERVER'),
  AlterForeignServerStmt: code('ALTER SERVER'),
  CreateForeignTableStmt: code('CREATE FOREIGN TABLE'),
  ImportForeignSchemaStmt: code('IMPORT FOREIGN SCHEMA'),
  CreateUserMappingStmt: code('CREATE USER MAPPING'),
  AlterUserMappingStmt: code('ALTER USER MAPPING'),
  DropUserMappingStmt: code('DROP USER MAPPING'),
  CreatePublicationStmt: code('CREATE PUBLICATION'),
  AlterPublicationStmt: code('ALTER PUBLICATION'),
  CreateSubscriptionStmt: { ...code('CREATE SUBSCRIPTION'), outsideTransaction: always },
  AlterSubscriptionStmt: { ...code('ALTER SUBSCRIPTION'), outsideTransaction: always },
  DropSubscriptionStmt: { ...code('DROP SUBSCRIPTION'), outsideTransaction: always },

  // The whole server or database
  CreateRoleStmt: onResource('CREATE ROLE'),
  AlterRoleStmt: onResource('ALTER ROLE'),
  DropRoleStmt: onResource('DROP ROLE'),
  GrantRoleStmt: onResource('GRANT ROLE'),
  AlterDefaultPrivilegesStmt: onResource('ALTER DEFAULT PRIVILEGES'),
  DropOwnedStmt: onResource('DROP OWNED'),
  ReassignOwnedStmt: onResource('REASSIGN OWNED'),
  CreatedbStmt: { kind: 'CREATE DATABASE', resource: true, outsideTransaction: always },
  DropdbStmt: { kind: 'DROP DATABASE', resource: true, outsideTransaction: always },
  AlterDatabaseStmt: { kind: 'ALTER DATABASE', resource: true, outsideTransaction: always },
  AlterDatabaseRefreshCollStmt: onResource('ALTER DATABASE'),
  CreateTableSpaceStmt: { kind: 'CREATE TABLESPACE', resource: true, outsideTransaction: always },
  DropTableSpaceStmt: { kind: 'DROP TABLESPACE', resource: true, outsideTransaction: always },
  AlterTableSpaceOptionsStmt: onResource('ALTER TABLESPACE'),
  AlterTableMoveAllStmt: onResource('ALTER TABLE'),
  CheckPointStmt: onResource('CHECKPOINT'),
};
