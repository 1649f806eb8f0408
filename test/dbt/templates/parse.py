"""Reads a JSON list of templates from standard input; writes a list of what dbt's parser says of each, null where it is content."""

import json
import sys

from dbt_common.clients.jinja import get_environment


def refusal(template):
    try:
        get_environment(None).from_string(template)
    except Exception as problem:
        return str(problem)
    return None


json.dump([refusal(template) for template in json.load(sys.stdin)], sys.stdout)
