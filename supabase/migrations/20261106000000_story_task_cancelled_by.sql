-- Who cancelled a task: each end is counted by whoever wrote it, so a call must know whether it did, or one before.

-- request: {taskId, eventId, reason?}
-- Ends a queued or held task at once; asks a running one to stop. `byThisCall` is true when the end was written under
-- this call's eventId, a repeat of it included.
-- outcome: cancelled {task, byThisCall} | cancelling {task}, now or already; terminal {task} | not_found
create or replace function public.cancel_story_task(request jsonb) returns jsonb
  language plpgsql security invoker set search_path = '' as
$$
declare
  r jsonb := story_tasks_internal.arguments(request);
  task public.story_tasks;
begin
  select * into task from public.story_tasks where id = (r ->> 'taskId')::uuid for update;
  if task.id is null then
    return jsonb_build_object('outcome', 'not_found');
  elsif story_tasks_internal.is_terminal(task.status) then
    return jsonb_build_object('task', to_jsonb(task),
      'outcome', case when task.status = 'cancelled' then 'cancelled' else 'terminal' end,
      'byThisCall', exists (
        select 1 from public.story_task_events
        where id = (r ->> 'eventId')::uuid and task_id = task.id and status = 'cancelled'));
  elsif task.task_cancelled then
    return jsonb_build_object('outcome', 'cancelling', 'task', to_jsonb(task));
  end if;
  perform story_tasks_internal.begin_function();
  update public.story_tasks
    set task_cancelled = true, cancel_requested_at = clock_timestamp(), cancel_reason = r ->> 'reason'
    where id = task.id returning * into task;
  if task.status = 'queued' then
    task := story_tasks_internal.change_status(task, 'cancelled', (r ->> 'eventId')::uuid, 'info',
      'Cancelled before it started', null);
  else
    task := story_tasks_internal.record_run(task, jsonb_build_object('events', jsonb_build_array(
      jsonb_build_object('id', r -> 'eventId', 'eventType', 'info', 'message', 'Cancellation requested'))));
  end if;
  perform story_tasks_internal.end_function();
  return jsonb_build_object('task', to_jsonb(task),
    'outcome', case when task.status = 'cancelled' then 'cancelled' else 'cancelling' end,
    'byThisCall', task.status = 'cancelled');
end
$$;
