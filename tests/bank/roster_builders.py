"""OneRoster zips to order: headers as the specification publishes them, rows by column name."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

HEADERS_1_1 = {
    "manifest.csv": "propertyName,value",
    "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "categories.csv": "sourcedId,status,dateLastModified,title",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "courses.csv": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,"
    "subjectCodes",
    "lineItems.csv": "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,"
    "categorySourcedId,gradingPeriodSourcedId,resultValueMin,resultValueMax",
    "results.csv": "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password",
}
HEADERS_1_2 = HEADERS_1_1 | {
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,"
    "email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,"
    "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns",
    "results.csv": "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,"
    "classSourcedId,inProgress,incomplete,late,missing,textScore",
}
Rows = Mapping[str, Sequence[Mapping[str, str]]]


def tables(
    people: Mapping[str, Mapping[str, str]], results: Sequence[Mapping[str, str]]
) -> dict[str, list[dict[str, str]]]:
    """One course C1 with one class: a quiz and the final; users and results as given, results of the final unless told."""
    return {
        "manifest.csv": [{"propertyName": "oneroster.version", "value": "1.1"}],
        "academicSessions.csv": [{"sourcedId": "t1", "title": "2025-2026 春", "endDate": "2026-07-05"}],
        "categories.csv": [{"sourcedId": "k1", "title": "平时"}],
        "courses.csv": [{"sourcedId": "c1", "title": "示例", "courseCode": "C1"}],
        "classes.csv": [{"sourcedId": "k-1", "title": "1 班", "courseSourcedId": "c1"}],
        "lineItems.csv": [
            {"sourcedId": "li-quiz", "title": "测验 1", "classSourcedId": "k-1", "categorySourcedId": "k1",
             "resultValueMax": "20"},
            {"sourcedId": "li-end", "title": "课程总评", "classSourcedId": "k-1", "gradingPeriodSourcedId": "t1",
             "resultValueMax": "100"},
        ],
        "users.csv": [{"sourcedId": name, "status": "active", "role": "student", **told} for name, told in people.items()],
        "results.csv": [
            {"sourcedId": f"r{number}", "lineItemSourcedId": "li-end", "scoreStatus": "fully graded",
             "scoreDate": "2026-06-30", **told}
            for number, told in enumerate(results)
        ],
    }  # fmt: skip


def roster(
    path: Path, rows: Rows, *, headers: Mapping[str, str] = HEADERS_1_1, folder: str = "", encoding: str = "utf-8"
) -> Path:
    """Write the archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, found in rows.items():
            archive.writestr(folder + name, table(headers[name], found).encode(encoding))
    return path


def table(header: str, rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header.split(","), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
