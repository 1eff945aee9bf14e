-- What the reconciler needs: ending or requeueing runs whose worker is gone, looking up the rows of jobs, retention.
-- As in the migrations before: one jsonb object in, one with a typed `outcome` out, time by clock_timestamp().

create index story_tasks_finished_at_idx on public.story_tasks (finished_at) where finished_at is not null;

-- Lost runs ----------------------------------------------------------------------------------------------------------

-- What becomes of a run whose lease ran out; the first line that fits counts.
--
--   a cancellation was asked for                 cancelled
--   a direct task                                lost: whoever made it is gone, and nobody else may run it
--   the third loss without a persisted step      lost: the work itself may be what kills its workers
--   a resumable operation                        requeued, at no cost: the next run finds what this one persisted
--   budget left after this attempt               requeued
--   otherwise                                    lost
create function story_tasks_internal.fate_of_lost_run(task public.story_tasks, resumable boolean) returns text
  language sql immutable set search_path = '' as
$$
  select case
    when task.task_cancelled then 'cancelled'
    when task.dispatch = 'direct' then 'lost'
    when task.losses_since_progress + 1 >= 3 then 'lost'
    when resumable then 'requeued'
    when task.attempts_spent + 1 < task.max_attempts then 'requeued'
    else 'lost'
  end
$$;

-- Ends or requeues a lost run whose row the caller holds locked, with exactly one event. Answers {action, task}.
create function story_tasks_internal.mend_lost_run(task public.story_tasks, resumable boolean) returns jsonb
  language plpgsql set search_path = '' as
$$
declare
  action text := story_tasks_internal.fate_of_lost_run(task, resumable);
  told jsonb := jsonb_build_object('code', 'WORKER_LOST', 'attempt', task.attempt, 'workerId', task.worker_id);
begin
  if action <> 'cancelled' then
    update public.story_tasks set
        losses_since_progress = task.losses_since_progress + 1,
        attempts_spent = task.attempts_spent + (case when resumable then 0 else 1 end),
        available_at = case when action = 'requeued' then clock_timestamp() else task.available_at end,
        error_code = case when action = 'lost' then 'WORKER_LOST' end,
        error_message = case when action = 'lost' then 'The worker that ran the task was lost.' end
      where id = task.id returning * into task;
  end if;
  task := story_tasks_internal.change_status(task,
    case action when 'requeued' then 'queued' when 'lost' then 'failed' else 'cancelled' end,
    gen_random_uuid(),
    case when action = 'lost' then 'error' else 'info' end,
    case action
      when 'requeued' then 'The worker was lost; queued again'
      when 'lost' then 'The worker was lost'
      else 'Cancelled; the worker was lost' end,
    told);
  return jsonb_build_object('action', action, 'task', to_jsonb(task));
end
$$;

-- request: {limit, resumable: [operations that find what an earlier run persisted]}
-- Mends runs whose lease ran out. A row that somebody has locked is passed over: a batch that is extending the lease, or
-- a run that is just writing its end. A row that changed before its lock was got is judged by what it is then. Rows
-- without a lease belong to callers of the first migration, and are never touched.
-- A repeat finds nothing left to do, so the events' ids are made here.
-- outcome: mended {mended: [{action: cancelled | lost | requeued, task}]}
create function public.mend_story_task_losses(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  -- Of one moment: all rows of a call are judged alike.
  expired_by timestamptz := clock_timestamp();
  task public.story_tasks;
  mended jsonb := '[]';
begin
  perform story_tasks_internal.begin_function();
  for task in
    select * from public.story_tasks
    where status = 'running' and lease_expires_at <= expired_by
    order by id limit (r ->> 'limit')::int
    for update skip locked
  loop
    mended := mended || story_tasks_internal.mend_lost_run(task, (r -> 'resumable') ? task.operation);
  end loop;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', 'mended', 'mended', mended);
end
$$;

-- Jobs and their rows ------------------------------------------------------------------------------------------------

-- request: {ids}
-- In a body, not in a URL: a page of ids is longer than some gateways take.
-- outcome: found {tasks: [{id, operation, status, dispatch}]}; an id without a row is left out
create function public.find_story_tasks(request jsonb) returns jsonb
  language plpgsql stable security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  found jsonb;
begin
  select jsonb_agg(jsonb_build_object(
      'id', task.id, 'operation', task.operation, 'status', task.status, 'dispatch', task.dispatch)) into found
    from public.story_tasks task
    where task.id in (select id::uuid from jsonb_array_elements_text(r -> 'ids') as given (id));
  return jsonb_build_object('outcome', 'found', 'tasks', coalesce(found, '[]'::jsonb));
end
$$;

-- Retention ----------------------------------------------------------------------------------------------------------

-- request: {limit, finishedBeforeMs}
-- Deletes tasks that ended longer ago than that, oldest first, and their events with them. One whose retry has not
-- ended stays: its row is what `retry_of` speaks of, and a row in use would have to be changed.
-- outcome: purged {tasks: [{id, operation}]}
create function public.purge_story_tasks(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  finished_before timestamptz :=
    clock_timestamp() - story_tasks_internal.milliseconds((r ->> 'finishedBeforeMs')::bigint);
  purged jsonb;
begin
  with old as (
    select task.id from public.story_tasks task
    where task.finished_at < finished_before
      and not exists (
        select 1 from public.story_tasks retry where retry.retry_of = task.id and retry.finished_at is null)
    order by task.finished_at, task.id limit (r ->> 'limit')::int
    for update of task skip locked
  ), gone as (
    delete from public.story_tasks task using old where task.id = old.id returning task.id, task.operation
  )
  select jsonb_agg(jsonb_build_object('id', gone.id, 'operation', gone.operation)) into purged from gone;
  return jsonb_build_object('outcome', 'purged', 'tasks', coalesce(purged, '[]'::jsonb));
end
$$;

-- Access -------------------------------------------------------------------------------------------------------------

do $$
declare
  made regprocedure;
begin
  for made in
    select oid::regprocedure from pg_catalog.pg_proc
    where pronamespace = 'story_tasks_internal'::regnamespace
      or (pronamespace = 'public'::regnamespace and proname in (
        'mend_story_task_losses', 'find_story_tasks', 'purge_story_tasks'))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', made);
    execute format('grant execute on function %s to service_role', made);
  end loop;
end
$$;

notify pgrst, 'reload schema';
