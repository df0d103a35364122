-- name: ListTotalGet :one
SELECT coalesce(sum(total), 0)::bigint FROM list_totals WHERE list = @list;
