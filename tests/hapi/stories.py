"""The steps of validate-stories that need JSON: changed records, bundles, and the count of issues."""

import collections
import json
import pathlib
import re
import sys

# What the validator says of every StructureDefinition of an extension: it would generate a snapshot with the core package
# from the package server, which it cannot reach. It uses them on our resources all the same.
OFFLINE = "Unable to resolve package id hl7.fhir.r4.core#null"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def later(day, source, target):
    """Every story's records as they would be later: died, the diagnoses refuted, or a myeloma found, in turn."""
    for number, folder in enumerate(sorted(pathlib.Path(source).iterdir())):
        for path in sorted(folder.glob("record*.json")):
            bundle = json.loads(path.read_text())
            resources = [entry["resource"] for entry in bundle["entry"]]
            patient = next(it for it in resources if it["resourceType"] == "Patient")
            conditions = [it for it in resources if it["resourceType"] == "Condition"]
            if number % 3 == 0:
                patient.pop("deceasedBoolean", None)
                patient["deceasedDateTime"] = day
            elif number % 3 == 1:
                for condition in conditions:
                    condition["verificationStatus"] = {"coding": [{"system": VERIFICATION, "code": "refuted"}]}
            else:
                myeloma = {
                    "resourceType": "Condition",
                    "id": f"{patient['id']}-myeloma",
                    "verificationStatus": {"coding": [{"system": VERIFICATION, "code": "confirmed"}]},
                    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "109989006"}]},
                    "subject": conditions[0]["subject"],
                    "recordedDate": day,
                }
                bundle["entry"].append({"resource": myeloma})
            place = pathlib.Path(target) / folder.name / path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(bundle))


def bundle(folder):
    """One collection of all resources of a folder: inside one the validator needs a tenth of the time for each."""
    resources = [json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*/*.json"))]
    entries = [
        {"fullUrl": f"https://example.org/fhir/{it['resourceType']}/{it['id']}", "resource": it} for it in resources
    ]
    json.dump({"resourceType": "Bundle", "type": "collection", "entry": entries}, sys.stdout)


def kind(issue):
    """The message without what differs from resource to resource."""
    message = re.sub(r"'[^']*'", "'…'", issue["message"])
    return re.sub(r"\d+", "n", message)[:200]


def report(issues, files):
    """Counts of resources by type and status, and of issues by kind, with the first of each; fails on an error."""
    resources = collections.Counter()
    for path in files:
        text = json.loads(pathlib.Path(path).read_text())
        for it in [entry["resource"] for entry in text.get("entry", [])] or [text]:
            resources[f"{it['resourceType']} {it.get('status', '')}".strip()] += 1
    kinds = collections.defaultdict(list)
    for line in pathlib.Path(issues).read_text().splitlines():
        issue = json.loads(line)
        if OFFLINE in issue["message"] and pathlib.Path(issue["file"]).name.startswith("StructureDefinition-"):
            issue["severity"] = "not checked"
        kinds[issue["severity"], kind(issue)].append(issue)
    print(f"{sum(resources.values())} resources validated")
    for name, count in sorted(resources.items()):
        print(f"  {count:5} {name}")
    for severity in ["fatal", "error", "warning", "information", "not checked"]:
        found = {name: all_of for (of, name), all_of in kinds.items() if of == severity}
        print(f"{sum(map(len, found.values()))} {severity}")
        for _, all_of in sorted(found.items(), key=lambda it: -len(it[1])):
            first = all_of[0]
            print(f"  {len(all_of):5} {first['message'][:300]}")
            print(f"        first: {pathlib.Path(first['file']).name} {first['location']}")
    needed = ["CarePlan draft", "CarePlan revoked", "RiskAssessment corrected", "RiskAssessment entered-in-error"]
    absent = [name for name in needed if not resources[name]]
    if absent:
        sys.exit(f"validate-stories: nothing of {absent} was written, so it was not validated")
    if any(severity in ["fatal", "error"] for severity, _ in kinds):
        sys.exit(1)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "report":
        report(arguments[0], arguments[1:])
    else:
        {"later": later, "bundle": bundle}[command](*arguments)
