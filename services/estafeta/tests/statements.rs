//! No action costs a number of statements that grows with the number of tickets. Alone in its process, since statements
//! are counted for all of it.

use estafeta::bench::measure;

#[tokio::test]
async fn no_action_costs_more_statements_when_there_are_more_tickets() {
    let few = measure(200, None).await.unwrap();
    let many = measure(2_000, None).await.unwrap();
    for (few, many) in few.rows.iter().zip(&many.rows) {
        assert_eq!(few.action, many.action);
        let difference = (few.statements - many.statements).abs();
        assert!(difference < 0.5, "{}: {} and {}", few.action, few.statements, many.statements);
        assert!(few.statements < 40.0, "{} sends {} statements", few.action, few.statements);
    }
}
