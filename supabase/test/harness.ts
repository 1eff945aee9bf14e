/** What tests of every part start a store with. */
export { type Backend, backends } from './backends.ts';
export { startLite } from './liteServer.ts';
export { applySql, migrationFiles, type PostgresServer, startPostgres } from './postgres.ts';
