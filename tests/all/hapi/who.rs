//! Who a run is about: all, a file of ids, a Group.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::server::{STORY, hapi, sibling};
use serde_json::json;

#[test]
fn only_the_patients_of_a_file_are_written() {
    let Some(hapi) = hapi() else { return };
    let [one, two, other] = [(); 3].map(|()| hapi.seeded(STORY));
    let list = hapi.folder.path().join("patients.txt");
    std::fs::write(&list, format!("{one}\nPatient/{two}\n\n")).unwrap();
    let ran = hapi.sync(&["--patients", list.to_str().unwrap()]);
    assert_eq!((ran.exit, ran.counts()), (0, [4, 0, 0, 0]), "{ran:?}");
    hapi.only("CarePlan", &one);
    hapi.only("CarePlan", &two);
    assert!(hapi.of_patient("CarePlan", &other).is_empty());
}

#[test]
fn of_a_group_its_active_members_are_written() {
    let Some(hapi) = hapi() else { return };
    let [member, inactive, other] = [(); 3].map(|()| hapi.seeded(STORY));
    let group = sibling(&member, "group");
    let entity = |patient: &str| json!({ "reference": format!("Patient/{patient}") });
    hapi.put(&json!({
        "resourceType": "Group", "id": group, "type": "person", "actual": true,
        "member": [{ "entity": entity(&member) }, { "entity": entity(&inactive), "inactive": true }],
    }));
    let ran = hapi.sync(&["--group", &group]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    hapi.only("CarePlan", &member);
    assert!(hapi.of_patient("CarePlan", &inactive).is_empty());
    assert!(hapi.of_patient("CarePlan", &other).is_empty());
}

#[test]
fn a_patient_who_is_not_there_is_nothing_to_fail_for() {
    let Some(hapi) = hapi() else { return };
    let patient = hapi.seeded(STORY);
    let ran = hapi.sync(&["--patient", &patient, "--patient", "nobody-has-this-id"]);
    assert_eq!((ran.exit, ran.counts()), (0, [2, 0, 0, 0]), "{ran:?}");
}
