-- What a client needs for a task's whole life: starting one that is held, trying an ended one again, finding tasks by
-- story, status and operation. Same conventions as in the migration before: one jsonb in, one with a typed outcome out.

-- Starting -----------------------------------------------------------------------------------------------------------

-- request: {taskId, eventId}
-- Lets a held task go to its lane. The status stays queued, so the event that tells of it carries none.
-- outcome: started {task}, now or already; terminal {task} | not_found
create function public.start_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
  known boolean;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  known := exists (
    select 1 from public.story_task_events where id = (r ->> 'eventId')::uuid and task_id = task.id);
  if known or not task.held or story_tasks_internal.is_terminal(task.status) then
    return jsonb_build_object('task', to_jsonb(task), 'outcome', case
      when story_tasks_internal.is_terminal(task.status) and not known then 'terminal' else 'started' end);
  end if;
  perform story_tasks_internal.begin_function();
  update public.story_tasks set held = false, available_at = clock_timestamp()
    where id = task.id returning * into task;
  task := story_tasks_internal.record_run(task, jsonb_build_object('events', jsonb_build_array(
    jsonb_build_object('id', r -> 'eventId', 'eventType', 'info', 'message', 'Started: waits for a worker'))));
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', 'started', 'task', to_jsonb(task));
end
$$;

-- Trying again -------------------------------------------------------------------------------------------------------

-- request: {taskId, id, eventId}
-- Makes a new task for a lane from one that failed or was cancelled: same story, operation, payload and budget, for
-- the same person. Story work that the first one persisted is found by the new one, since it belongs to the story.
-- outcome: created {task: the new one} | not_retryable {task: the old one} | story_gone {task: the old one} | not_found
create function public.retry_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  ended public.story_tasks;
begin
  select * into ended from public.story_tasks where id = (r ->> 'taskId')::uuid;
  if ended.id is null then
    return jsonb_build_object('outcome', 'not_found');
  elsif ended.status not in ('failed', 'cancelled') then
    return jsonb_build_object('outcome', 'not_retryable', 'task', to_jsonb(ended));
  elsif ended.story_id is null then
    return jsonb_build_object('outcome', 'story_gone', 'task', to_jsonb(ended));
  end if;
  return public.create_story_task(jsonb_build_object(
    'id', r -> 'id', 'eventId', r -> 'eventId', 'retryOf', ended.id, 'dispatch', 'queue',
    'operation', ended.operation, 'storyId', ended.story_id, 'payload', ended.payload,
    'maxAttempts', ended.max_attempts, 'requestedBy', ended.requested_by, 'requester', ended.requester,
    'description', ended.display_fields -> 'description'));
end
$$;

-- Finding ------------------------------------------------------------------------------------------------------------

-- One index for each way into a page of the newest; the story's own is there already. A second filter is applied on
-- the way: an index for each pair would be paid for with every heartbeat of every run.
create index story_tasks_created_at_idx on public.story_tasks (created_at desc, id desc);
create index story_tasks_status_created_at_idx on public.story_tasks (status, created_at desc, id desc);
create index story_tasks_operation_created_at_idx on public.story_tasks (operation, created_at desc, id desc);

-- request: {storyId?, status?, operation?, limit, position? | after?}
-- Newest first, by keyset. `position` is the `next` of the page before, {createdAtMicros, id}: whole microseconds since
-- 1970, since a timestamp loses them on its way through JavaScript, and not the row alone, which may be gone by then.
-- `after`, the id of the last task seen, is what callers of the migration before give.
-- The statement is put together from the filters that were given, so that each has the plan of its own index.
-- outcome: listed {tasks, next: position or null when this is the last page}
create or replace function public.list_story_tasks(request jsonb) returns jsonb
  language plpgsql stable security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  seen_id uuid := coalesce(r #>> '{position,id}', r ->> 'after')::uuid;
  seen_at timestamptz := timestamptz 'epoch' + (r #>> '{position,createdAtMicros}')::bigint * interval '1 microsecond';
  wanted int := (r ->> 'limit')::int;
  listed jsonb;
begin
  if r ->> 'after' is not null then
    select created_at into seen_at from public.story_tasks where id = seen_id;
  end if;
  execute concat(
    'select jsonb_agg(to_jsonb(page) order by page.created_at desc, page.id desc) from (',
    'select * from public.story_tasks where true',
    case when r ->> 'storyId' is not null then ' and story_id = $1' end,
    case when r ->> 'status' is not null then ' and status = $2' end,
    case when r ->> 'operation' is not null then ' and operation = $3' end,
    case when seen_id is not null then ' and (created_at, id) < ($4, $5)' end,
    ' order by created_at desc, id desc limit $6) page')
    into listed
    using (r ->> 'storyId')::uuid, r ->> 'status', r ->> 'operation', seen_at, seen_id, wanted + 1;
  -- One more than wanted was looked for: whether it is there says whether another page follows.
  return jsonb_build_object('outcome', 'listed', 'tasks', coalesce(listed - wanted, '[]'::jsonb), 'next', case
    when jsonb_array_length(listed) > wanted then jsonb_build_object(
      'createdAtMicros', (extract(epoch from (listed -> (wanted - 1) ->> 'created_at')::timestamptz) * 1000000)::bigint,
      'id', listed -> (wanted - 1) -> 'id') end);
end
$$;

-- Access -------------------------------------------------------------------------------------------------------------

do $$
declare
  made regprocedure;
begin
  for made in
    select oid::regprocedure from pg_catalog.pg_proc
    where pronamespace = 'public'::regnamespace and proname in ('start_story_task', 'retry_story_task')
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', made);
    execute format('grant execute on function %s to service_role', made);
  end loop;
end
$$;

notify pgrst, 'reload schema';
