-- The notification engine's own SQLite database, in its own spelling. Parents before children.
CREATE TABLE customer_profiles (
    "Customer_ID" INTEGER PRIMARY KEY,
    "Name" TEXT,
    "Age" INTEGER,
    "Location" TEXT,
    "Preferred_Channel" TEXT,
    "Segment" TEXT,
    "Opted_In" TEXT,
    "Income_Bracket" TEXT,
    "Customer_Since" TEXT,
    "Satisfaction_Score" INTEGER,
    "customer_segment" TEXT
);

CREATE TABLE account_activity (
    "Customer_ID" INTEGER NOT NULL REFERENCES customer_profiles ("Customer_ID"),
    "Account_Status" TEXT,
    "Last_Transaction" TEXT,
    "Last_Login" TEXT,
    "Recent_Activity" TEXT,
    "Engagement_Score" INTEGER,
    "Account_Tenure_Years" INTEGER,
    "Subscription_Type" TEXT,
    "Churn_Risk_Score" INTEGER
);

CREATE TABLE interaction_history (
    "Customer_ID" INTEGER NOT NULL REFERENCES customer_profiles ("Customer_ID"),
    "Channel" TEXT,
    "Date & Time" TEXT,
    "Interaction_Type" TEXT,
    "Sentiment" TEXT,
    "Summary" TEXT,
    "Response_Time_Minutes" INTEGER,
    "Resolution_Status" TEXT,
    "Agent_ID" TEXT
);

CREATE TABLE notification_history (
    "Notification_ID" TEXT PRIMARY KEY,
    "Customer_ID" INTEGER NOT NULL REFERENCES customer_profiles ("Customer_ID"),
    "Channel" TEXT,
    "Sent_Date" TEXT,
    "Notification_Type" TEXT,
    "Opened" TEXT,
    "Clicked" TEXT,
    "Action_Taken" TEXT,
    "Delivery_Status" TEXT,
    "Notification_Priority" TEXT,
    "Response_Time_Hours" INTEGER
);

CREATE TABLE recommended_actions (
    "Customer_ID" INTEGER NOT NULL REFERENCES customer_profiles ("Customer_ID"),
    "Scenario" TEXT,
    "Recommended_Action" TEXT,
    "Urgency_Level" TEXT,
    "Follow_Up_Required" TEXT,
    "Assigned_Team" TEXT
);

CREATE INDEX idx_account_customer_id ON account_activity(Customer_ID);
CREATE INDEX idx_interaction_customer_id ON interaction_history(Customer_ID);
CREATE INDEX idx_notification_customer_id ON notification_history(Customer_ID);
CREATE INDEX idx_actions_customer_id ON recommended_actions(Customer_ID);
