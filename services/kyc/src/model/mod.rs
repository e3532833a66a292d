//! What the service remembers of one tenant, and how events change it. Every change comes out the same in whatever
//! order, and however often, the events arrive.

mod document;
#[cfg(test)]
mod tests;
mod verification;

use std::collections::{BTreeMap, HashMap};

use fabric_catalog::{
    kyc::{
        DocumentExpired, DocumentRejected, DocumentSubmitted, DocumentType, DocumentVerified,
        IdentityVerificationRequested,
    },
    values::{Id, Private, Sha256},
};

pub use document::{Document, DocumentState, Rejection};
pub use verification::{Decision, REJECTIONS_MAX, Verification, VerificationState, decide, required};

/// What the service remembers of one tenant.
#[derive(Debug, Default)]
pub struct Model {
    owners: HashMap<Id, Owner>,
    owner_of: HashMap<Id, Id>,
    files: HashMap<Sha256, Vec<Id>>,
}

/// What one person handed in and asked for.
#[derive(Debug, Default)]
pub struct Owner {
    documents: BTreeMap<Id, Document>,
    verifications: BTreeMap<Id, Verification>,
}

impl Model {
    /// What a person handed in and asked for.
    pub fn owner(&self, person: &Id) -> Option<&Owner> {
        self.owners.get(person)
    }

    /// A document by its id.
    pub fn document(&self, id: &Id) -> Option<&Document> {
        self.owners.get(self.owner_of.get(id)?)?.documents.get(id)
    }

    /// Whether somebody else handed in the same file.
    pub fn is_elsewhere(&self, file: &Sha256, owner: &Id) -> bool {
        self.files.get(file).is_some_and(|owners| owners.iter().any(|other| other != owner))
    }

    /// Takes in a document.
    pub fn submitted(&mut self, event: &DocumentSubmitted) {
        let document =
            self.document_mut(&event.document_id, &event.owner_id, event.identity_id.as_ref(), event.document_type);
        document.file_sha256 = Some(event.file_sha256.clone());
        let owners = self.files.entry(event.file_sha256.clone()).or_default();
        if !owners.contains(&event.owner_id) {
            owners.push(event.owner_id.clone());
        }
    }

    /// Takes in that a person must look at a document.
    pub fn escalated(&mut self, document: &Id) {
        let document =
            self.owner_of.get(document).and_then(|owner| self.owners.get_mut(owner)?.documents.get_mut(document));
        if let Some(document) = document {
            document.state = document.state.evolve(DocumentState::Escalated);
        }
    }

    /// Takes in that a document was verified.
    pub fn verified(&mut self, event: &DocumentVerified) {
        let document =
            self.document_mut(&event.document_id, &event.owner_id, event.identity_id.as_ref(), event.document_type);
        document.state = document.state.evolve(DocumentState::Verified);
        document.valid_until = event.valid_until_date.map(Private::into_inner);
    }

    /// Takes in that a document was rejected.
    pub fn rejected(&mut self, event: &DocumentRejected) {
        let document =
            self.document_mut(&event.document_id, &event.owner_id, event.identity_id.as_ref(), event.document_type);
        document.state = document.state.evolve(DocumentState::Rejected);
        let (reason, may_resubmit) = (*event.reason.get(), event.may_resubmit);
        document.rejection = Some(Rejection { reason, may_resubmit, at: event.rejected_at });
    }

    /// Takes in that a document has ended.
    pub fn expired(&mut self, event: &DocumentExpired) {
        let document =
            self.document_mut(&event.document_id, &event.owner_id, event.identity_id.as_ref(), event.document_type);
        document.state = document.state.evolve(DocumentState::Expired);
        document.valid_until = Some(*event.expiry_date.get());
    }

    /// Takes in a request to be verified.
    pub fn requested(&mut self, event: &IdentityVerificationRequested) {
        let verifications = &mut self.owners.entry(event.owner_id.clone()).or_default().verifications;
        verifications.entry(event.identity_id.clone()).or_insert_with(|| Verification {
            wanted_role: event.wanted_role,
            document_ids: event.document_ids.clone(),
            requested_at: event.requested_at,
            state: VerificationState::Requested,
            rests_on: Vec::new(),
            valid_until: None,
        });
    }

    /// Takes in what was decided about a verification.
    pub fn decided(&mut self, owner: &Id, identity: &Id, decision: &Decision) {
        let verification = self.owners.get_mut(owner).and_then(|owner| owner.verifications.get_mut(identity));
        let Some(verification) = verification else { return };
        match decision {
            Decision::Verify { rests_on, valid_until } => {
                verification.state = verification.state.max(VerificationState::Verified);
                verification.rests_on.clone_from(rests_on);
                verification.valid_until = *valid_until;
            }
            Decision::Reject(_) => verification.state = VerificationState::Rejected,
            Decision::Expire(_) => verification.state = verification.state.max(VerificationState::Expired),
        }
    }

    /// What follows for each of a person's verifications from the documents as they are now.
    pub fn decisions(&self, owner: &Id) -> Vec<(Id, Verification, Decision)> {
        let Some(owner) = self.owners.get(owner) else { return Vec::new() };
        let decided = |(id, verification): (&Id, &Verification)| {
            let decision = decide(id, verification, owner.documents())?;
            Some((id.clone(), verification.clone(), decision))
        };
        owner.verifications.iter().filter_map(decided).collect()
    }

    fn document_mut(
        &mut self,
        id: &Id,
        owner: &Id,
        identity: Option<&Id>,
        document_type: DocumentType,
    ) -> &mut Document {
        self.owner_of.entry(id.clone()).or_insert_with(|| owner.clone());
        let documents = &mut self.owners.entry(owner.clone()).or_default().documents;
        documents.entry(id.clone()).or_insert_with(|| Document {
            owner_id: owner.clone(),
            identity_id: identity.cloned(),
            document_type,
            state: DocumentState::Submitted,
            file_sha256: None,
            valid_until: None,
            rejection: None,
        })
    }
}

impl Owner {
    /// The documents, sorted by their ids.
    pub fn documents(&self) -> impl Iterator<Item = (&Id, &Document)> {
        self.documents.iter()
    }

    /// The verifications, sorted by their ids.
    pub fn verifications(&self) -> impl Iterator<Item = (&Id, &Verification)> {
        self.verifications.iter()
    }

    /// One of the verifications.
    pub fn verification(&self, id: &Id) -> Option<&Verification> {
        self.verifications.get(id)
    }
}
