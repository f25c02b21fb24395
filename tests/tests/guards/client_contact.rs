//! Only line 1 is in contact with the client: no RPC that writes to the client, speaks for the client or shows what they
//! said can be called from beyond it.

use proto::errors::Reason;
use rpc::access::AccessTable;
use tests::on_each_database;

use crate::callers::{everybody, way};
use crate::raw::call;
use crate::rpcs::everywhere;

#[tokio::test]
async fn nobody_beyond_line_1_reaches_the_client() {
    on_each_database(async |stage| {
        let reaching: Vec<&str> =
            AccessTable::contracts().rules().filter(|(_, rule)| rule.reaches_client).map(|(path, _)| path).collect();
        let names: Vec<&str> = reaching.iter().filter_map(|path| path.rsplit('/').next()).collect();
        assert_eq!(
            names,
            [
                "Ask",
                "FollowUp",
                "ShareAttachment",
                "Merge",
                "Split",
                "AnswerVisit",
                "ListVisits",
                "WriteByTemplate",
                "ResolveMajorIncident",
                "WriteToChildren",
                "Rate",
                "Confirm",
                "GetCase",
                "Register",
                "Reopen",
                "Reply",
                "WriteToClient"
            ],
            "another RPC reaches the client: see that its rule is meant"
        );

        let mut tried = 0;
        for (line, rpc) in everywhere(&stage).await {
            if !reaching.contains(&rpc.path.as_str()) {
                continue;
            }
            for caller in everybody(&stage.plan) {
                let answer = call(way(&stage, line, &caller), &rpc.path, Vec::new()).await;
                let refused = answer.expect_err("an empty request is never a good one");
                let is_beyond = caller.role.line().is_some_and(|line| !line.may_reach_client());
                let (who, reason) = (&caller.role, rpc::reason_of(&refused));
                assert_eq!(
                    reason == Some(Reason::ClientContactNotAllowed),
                    is_beyond,
                    "{who} at {}: {refused:?}",
                    rpc.path
                );
                if is_beyond {
                    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
                    assert!(refused.message().contains("ask through a clarification"), "{}", refused.message());
                    tried += 1;
                }
            }
        }
        // An agent and a service of each of lines 2 to 4, and a partner.
        assert_eq!(tried, reaching.len() * 7, "an RPC that reaches the client is served by no line, or by several");
        stage.holds().await;
    })
    .await;
}
