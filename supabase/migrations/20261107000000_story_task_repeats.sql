-- A task that a repeat of its create was told of is not failed by the request that made it: both have the same task.

alter table public.story_tasks add column told_again boolean not null default false;
comment on column public.story_tasks.told_again is
  'A repeat with its idempotency key was answered with it, so that it is no longer its first request''s to give up.';

-- As before, but a repeat notes on a task that waits that it was told of it.
create or replace function public.create_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  created public.story_tasks;
  existing public.story_tasks;
  violated text;
begin
  perform story_tasks_internal.begin_function();
  insert into public.story_tasks (
      id, story_id, operation, payload, requested_by, display_fields, dispatch, held, max_attempts, requester,
      idempotency_key, request_hash, retry_of, available_at)
  values (
      (r ->> 'id')::uuid, (r ->> 'storyId')::uuid, r ->> 'operation', coalesce(r -> 'payload', '{}'::jsonb),
      (r ->> 'requestedBy')::uuid,
      jsonb_build_object(
        'title', coalesce((select display_name from public.stories where id = (r ->> 'storyId')::uuid), ''),
        'description', coalesce(r ->> 'description', r ->> 'operation')),
      coalesce(r ->> 'dispatch', 'direct'), coalesce((r ->> 'held')::boolean, false),
      coalesce((r ->> 'maxAttempts')::int, 1), coalesce(r ->> 'requester', 'anonymous'),
      r ->> 'idempotencyKey', r ->> 'requestHash', (r ->> 'retryOf')::uuid, clock_timestamp())
  on conflict do nothing
  returning * into created;
  if created.id is not null then
    update public.story_tasks set
        last_seq = story_tasks_internal.append(created, story_tasks_internal.status_event(
          (r ->> 'eventId')::uuid, 'info',
          case when created.held then 'Created and held' else 'Queued' end, null, 0), 'queued')
      where id = created.id returning * into created;
    perform story_tasks_internal.end_function();
    return jsonb_build_object('outcome', 'created', 'task', to_jsonb(created));
  end if;
  perform story_tasks_internal.end_function();
  select * into existing from public.story_tasks where id = (r ->> 'id')::uuid;
  if existing.id is not null then
    return jsonb_build_object('outcome', 'created', 'task', to_jsonb(existing));
  end if;
  select * into existing from public.story_tasks
    where requester = coalesce(r ->> 'requester', 'anonymous') and idempotency_key = r ->> 'idempotencyKey';
  if existing.id is null then
    -- Whoever had the key gave it up between the insert and this look (ENQUEUE_FAILED): it is free now.
    return public.create_story_task(r);
  end if;
  if existing.request_hash is distinct from r ->> 'requestHash' then
    return jsonb_build_object('outcome', 'conflict', 'task', to_jsonb(existing));
  end if;
  if existing.status = 'queued' and existing.attempt = 0 and not existing.told_again then
    perform story_tasks_internal.begin_function();
    update public.story_tasks set told_again = true
      where id = existing.id and idempotency_key = r ->> 'idempotencyKey' returning * into existing;
    perform story_tasks_internal.end_function();
    if existing.id is null then
      -- Given up while this waited for its row.
      return public.create_story_task(r);
    end if;
  end if;
  return jsonb_build_object('outcome', 'repeat', 'task', to_jsonb(existing));
exception when foreign_key_violation then
  get stacked diagnostics violated = constraint_name;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', case violated
    when 'story_tasks_story_id_fkey' then 'story_not_found'
    when 'story_tasks_requested_by_fkey' then 'requester_not_found'
    else 'retry_of_not_found' end);
end
$$;

-- As before, but refused once a repeat was told of the task: it stays queued, and the reconciler finds it.
create or replace function public.fail_story_task_enqueue(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  end if;
  if task.status <> 'queued' or task.attempt > 0 or task.told_again then
    return jsonb_build_object('outcome', case when task.error_code = 'ENQUEUE_FAILED' then 'failed' else 'refused' end,
                              'task', to_jsonb(task));
  end if;
  perform story_tasks_internal.begin_function();
  update public.story_tasks
    set error_code = 'ENQUEUE_FAILED', error_message = r ->> 'message', idempotency_key = null
    where id = task.id returning * into task;
  task := story_tasks_internal.change_status(task, 'failed', (r ->> 'eventId')::uuid, 'error', r ->> 'message',
    jsonb_build_object('code', 'ENQUEUE_FAILED'));
  perform story_tasks_internal.end_function();
  return jsonb_build_object('outcome', 'failed', 'task', to_jsonb(task));
end
$$;

notify pgrst, 'reload schema';
