-- What whoever takes workers away asks of the record: which of them are at work.

-- request: {}
-- By the database's clock: what a process of another clock takes for expired may be alive. A worker whose lease ran out is
-- not told: whatever it still does is refused (R2). The longest of its tasks counts, from when the task was first run.
-- outcome: found {workers: [{workerId, busyMs}]}
create function public.list_busy_story_workers(request jsonb) returns jsonb
  language plpgsql stable security invoker set search_path = '' as
$$
declare
  now_is timestamptz := clock_timestamp();
  found jsonb;
begin
  perform story_tasks_internal.arguments(request);
  with busy as (
    select task.worker_id, min(coalesce(task.started_at, now_is)) as since
    from public.story_tasks task
    where task.status = 'running' and task.dispatch = 'queue' and task.lease_expires_at > now_is
    group by task.worker_id
  )
  select jsonb_agg(jsonb_build_object(
      'workerId', busy.worker_id,
      'busyMs', greatest(0, floor(extract(epoch from now_is - busy.since) * 1000))) order by busy.worker_id) into found
    from busy where busy.worker_id is not null;
  return jsonb_build_object('outcome', 'found', 'workers', coalesce(found, '[]'::jsonb));
end
$$;

do $$
declare
  made regprocedure;
begin
  for made in
    select oid::regprocedure from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace and proname in ('list_busy_story_workers')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', made);
    execute format('grant execute on function %s to service_role', made);
  end loop;
end
$$;

notify pgrst, 'reload schema';
