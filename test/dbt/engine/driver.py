"""Runs dbt's commands in one process, as starting dbt takes longer than most of the projects.

Reads a request per line of standard input, {"project", "args"}, and answers each with a line on standard output:
{"statements": [{"node", "sql"}], "results": [{"node", "status", "failures", "rowsAffected", "message", "compiled"}], "problem"}.
"""

import json
import os
import sys

from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner


def answer(project, args):
    statements = []

    def see(event):
        if event.info.name == "SQLQuery":
            node = event.data.node_info.unique_id or event.data.conn_name
            statements.append({"node": node, "sql": event.data.sql})

    os.chdir(project)
    reset_adapters()
    outcome = dbtRunner(callbacks=[see]).invoke(args)
    results = [describe(each) for each in getattr(outcome.result, "results", None) or []]
    problem = None if outcome.exception is None else str(outcome.exception)
    return {"statements": statements, "results": results, "problem": problem}


def describe(result):
    node = result.node
    rows = (getattr(result, "adapter_response", None) or {}).get("rows_affected")
    return {
        "node": node.unique_id,
        "status": str(result.status),
        "failures": getattr(result, "failures", None),
        "rowsAffected": rows,
        "message": str(result.message or ""),
        "compiled": getattr(node, "compiled_code", None),
    }


def main():
    # dbt prints to standard output, which carries answers alone.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        answers.write(json.dumps(answer(request["project"], request["args"])) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
