//! The plans in force.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use plan::Plan;
use ticket::OrganizationId;

use crate::refused::Refused;

/// The plan of each organization; replaced without a restart. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<RwLock<HashMap<OrganizationId, Arc<Plan>>>>);

impl Plans {
    /// Puts `plan` in force for its organization.
    pub fn put(&self, plan: Plan) {
        let mut plans = self.0.write().unwrap_or_else(PoisonError::into_inner);
        plans.insert(plan.organization().clone(), Arc::new(plan));
    }

    /// The plan of `organization`.
    ///
    /// # Errors
    /// [`Refused::OrganizationUnknown`].
    pub fn of(&self, organization: &OrganizationId) -> Result<Arc<Plan>, Refused> {
        let plans = self.0.read().unwrap_or_else(PoisonError::into_inner);
        plans.get(organization).cloned().ok_or_else(|| Refused::OrganizationUnknown(organization.clone()))
    }

    /// Every plan in force.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Plan>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
